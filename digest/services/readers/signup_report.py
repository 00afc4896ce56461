"""What became of sign-ups lately, for the desk. Nothing in it is about a reader."""

from datetime import timedelta

from digest.app import App
from digest.services.result import Result
from subscribers.counts import counts_since
from subscribers.requests import waiting_by_cap

LATELY = timedelta(days=1)


class SignupReport(Result):
    """Sign-ups of today and yesterday (UTC) by outcome, and those that wait, by cap."""

    outcomes: dict[str, int]
    waiting: dict[str, int]

    @property
    def lines(self) -> tuple[str, ...]:
        """Both in words, the most frequent outcome first."""
        ended = sorted(self.outcomes.items(), key=lambda item: (-item[1], item[0]))
        return (
            *(f"{count:,} {outcome}" for outcome, count in ended),
            *(f"{count:,} waiting now ({cap})" for cap, count in sorted(self.waiting.items())),
        )


async def signup_report(app: App) -> SignupReport:
    """The counts at this moment."""
    async with app.store.read() as session:
        return SignupReport(
            outcomes=await counts_since(session, (app.clock() - LATELY).date()),
            waiting=await waiting_by_cap(session),
        )
