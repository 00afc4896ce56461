"""How a sending is going: one look at a mailing, or a series of looks at an issue."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from digest.app import App
from digest.delivery.ledger.accounting import Accounting, account
from digest.delivery.ledger.mailings import get_mailing
from digest.delivery.states import MailingState, Route
from digest.errors import Refused
from digest.issues.lookup import get_issue
from digest.issues.states import IssueState
from digest.services.installation.running import not_running
from digest.services.result import Result
from digest.services.sending.control import mailing_of
from digest.services.sending.counted import CountedResult

RESTS_FOR_A_LOOK = 5  # counting ten million deliveries takes a second
WINDOW_SECONDS = 30.0
NOT_YET = (IssueState.DRAFT, IssueState.APPROVED, IssueState.SCHEDULED)


class MailingProgress(Result):
    """One look at a mailing. `ended`: nothing more happens until a person acts."""

    state: MailingState
    state_reason: str | None
    ended: bool
    accounting: Accounting


class SendingProgress(CountedResult):
    """One look at an issue that is being sent.

    `rate`: deliveries ended per second over the last half minute; None after the first
    look. `seconds_left`: for all but those that wait for a later try; None while unknown.
    `not_running`: what is missing for the open ones to go out.
    """

    number: int
    state: IssueState
    state_reason: str | None
    accounting: Accounting
    rate: float | None
    seconds_left: int | None
    not_running: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing is open any more."""
        return self.accounting.open == 0


@dataclass
class Pace:
    """The speed over the last half minute, from looks at how many deliveries have ended."""

    looks: deque[tuple[float, int]] = field(default_factory=deque)

    def note(self, done: int, at: float) -> None:
        """Add a look; `at` in seconds of a monotonic clock."""
        self.looks.append((at, done))
        while self.looks[-1][0] - self.looks[0][0] > WINDOW_SECONDS:
            self.looks.popleft()

    @property
    def rate(self) -> float | None:
        """Deliveries ended per second; None until there are two looks."""
        (first, before), (last, after) = self.looks[0], self.looks[-1]
        return (after - before) / (last - first) if last > first else None

    def seconds_left(self, waiting: int) -> float | None:
        """How long `waiting` more will take; None while nothing moves."""
        return waiting / self.rate if self.rate else None


async def mailing_progress(app: App, mailing_id: int) -> MailingProgress:
    """One look at a mailing; raises `NotFound`."""
    async with app.store.read() as session:
        counts = await account(session, mailing_id)
        mailing = await get_mailing(session, mailing_id)
        state = MailingState(mailing.state)
        return MailingProgress(
            state=state,
            state_reason=mailing.state_reason,
            ended=mailing.finished_at is not None or state is MailingState.PAUSED,
            accounting=counts,
        )


async def watch_sending(
    app: App, number: int, every_seconds: float = 1.0
) -> AsyncIterator[SendingProgress]:
    """Look at an issue every second until nothing is open.

    Raises `NotFound`, and `Refused` before its sending has begun.
    """
    pace = Pace()
    while True:
        started = time.monotonic()
        progress = await _look(app, number, pace)
        yield progress
        if progress.ended:
            return
        # Counting a large issue takes a while and competes with the sender: rest in proportion.
        took = time.monotonic() - started
        await asyncio.sleep(max(every_seconds, took * RESTS_FOR_A_LOOK))


async def _look(app: App, number: int, pace: Pace) -> SendingProgress:
    async with app.store.read() as session:
        issue = await get_issue(session, number)
        mailing = await mailing_of(session, issue)
        if mailing is None or mailing.id is None:
            why = _why_not(IssueState(issue.state), number)
            raise Refused(f"nothing of issue {number} to watch: {why}")
        counts = await account(session, mailing.id)
        missing = None
        if mailing.state == MailingState.ACTIVE:
            now, route = app.clock(), Route(mailing.route)
            missing = await not_running(session, app.store, now, route)
    pace.note(counts.recipients - counts.open, time.monotonic())
    left = pace.seconds_left(counts.open - counts.deferred - counts.unknown)
    return SendingProgress(
        number=number,
        state=IssueState(issue.state),
        state_reason=issue.state_reason,
        accounting=counts,
        rate=None if pace.rate is None else round(pace.rate, 1),
        seconds_left=None if left is None else round(left),
        not_running=missing,
    )


def _why_not(state: IssueState, number: int) -> str:
    if state in NOT_YET:
        what = "a draft" if state is IssueState.DRAFT else state
        return f"it is {what}; `digest schedule show` says when it goes out"
    return f"it is {state} and was never sent"
