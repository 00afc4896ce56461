"""How many sign-ups came to which end, by day. Nothing in it is about a reader."""

from datetime import date, datetime

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases import dialect_of
from subscribers.tables import SignupCount


async def count_outcome(session: AsyncSession, outcome: str, now: datetime) -> None:
    """Count one sign-up that ended like this, or one more that waits."""
    await session.exec(
        dialect_of(session)
        .insert_or_ignore(SignupCount)
        .values(day=now.date(), outcome=outcome, count=0)
    )
    await session.exec(
        update(SignupCount)
        .where(col(SignupCount.day) == now.date(), col(SignupCount.outcome) == outcome)
        .values(count=col(SignupCount.count) + 1)
    )


async def counts_since(session: AsyncSession, day: date) -> dict[str, int]:
    """Outcome → how many, from `day` on."""
    totals: dict[str, int] = {}
    for row in await session.exec(select(SignupCount).where(SignupCount.day >= day)):
        totals[row.outcome] = totals.get(row.outcome, 0) + row.count
    return totals
