"""How a relay is doing, in words for people."""

from dataclasses import dataclass

from digest.delivery.relays.health import State
from digest.delivery.relays.member import Member

REFUSED, QUOTA_SPENT = "refused", "quota used up"


@dataclass(frozen=True, slots=True)
class Standing:
    """A relay's state and why; `retry_in` seconds it is tried again, if it is not up."""

    relay: str
    state: str
    reason: str | None = None
    retry_in: float | None = None

    @property
    def gist(self) -> tuple[str, str | None]:
        """What makes it news when it changes."""
        return self.state, self.reason


def standing_of(member: Member, now: float) -> Standing:
    """A relay's standing; `now` is seconds of a monotonic clock."""
    health = member.health
    if health.state is not State.UP:
        state = REFUSED if health.refused else str(health.state)
        return Standing(member.name, state, health.reason, max(0.0, health.until - now))
    if member.stock and (wait := member.stock.spent(now)):
        return Standing(member.name, QUOTA_SPENT, None, wait)
    return Standing(member.name, str(State.UP))
