"""Relays' standings in the database, so that `digest relays` can tell them from any process."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.relays.standing import Standing
from digest.delivery.relays.tables import RelayState


async def write_standings(
    session: AsyncSession, standings: Iterable[Standing], worker: str, now: datetime
) -> None:
    """Note what a worker has news of; the last one to say so counts."""
    for standing in sorted(standings, key=lambda standing: standing.relay):
        wait = standing.retry_in
        row = RelayState(
            relay=standing.relay,
            state=standing.state,
            reason=standing.reason,
            retry_at=None if wait is None else now + timedelta(seconds=wait),
            worker=worker,
            changed_at=now,
        )
        await session.merge(row)


async def read_standings(session: AsyncSession) -> dict[str, RelayState]:
    """What was noted last, by the relay's name."""
    return {row.relay: row for row in await session.exec(select(RelayState))}
