"""How a relay is doing, in words for people, and in the database for `digest relays`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.relays.health import HealthState
from digest.delivery.relays.live_relay import LiveRelay
from digest.delivery.relays.tables import StoredRelayStatus

REFUSED, QUOTA_SPENT = "refused", "quota used up"


@dataclass(frozen=True, slots=True)
class RelayStatus:
    """A relay's state and the reason. `retry_in`: seconds until the next try, unless it is up."""

    relay: str
    state: str
    reason: str | None = None
    retry_in: float | None = None

    def differs_from(self, other: "RelayStatus") -> bool:
        """Whether this is worth reporting after `other`; a shorter `retry_in` alone is not."""
        return (self.state, self.reason) != (other.state, other.reason)


def status_of(relay: LiveRelay, now: float) -> RelayStatus:
    """A relay's status; `now` is seconds of a monotonic clock."""
    health = relay.health
    if health.state is not HealthState.UP:
        state = REFUSED if health.refused else str(health.state)
        return RelayStatus(relay.name, state, health.reason, max(0.0, health.until - now))
    if relay.reservation and (wait := relay.reservation.spent(now)):
        return RelayStatus(relay.name, QUOTA_SPENT, None, wait)
    return RelayStatus(relay.name, str(HealthState.UP))


async def write_statuses(
    session: AsyncSession, statuses: Iterable[RelayStatus], worker: str, now: datetime
) -> None:
    """Store the statuses that a worker observed. With several workers the last report counts."""
    for status in sorted(statuses, key=lambda status: status.relay):  # one order: no deadlock
        wait = status.retry_in
        row = StoredRelayStatus(
            relay=status.relay,
            state=status.state,
            reason=status.reason,
            retry_at=None if wait is None else now + timedelta(seconds=wait),
            worker=worker,
            changed_at=now,
        )
        await session.merge(row)


async def read_statuses(session: AsyncSession) -> dict[str, StoredRelayStatus]:
    """The stored statuses by relay name."""
    return {row.relay: row for row in await session.exec(select(StoredRelayStatus))}
