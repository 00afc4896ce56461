"""Hourly and daily quotas, counted in the database: they hold across workers and restarts.

A worker reserves some units ahead and gives back what it did not need. The rows
are locked while one counts (`FOR UPDATE` on PostgreSQL; on SQLite the write
transaction itself), always in the same order, so no two take the same units and
none waits for the other in a circle.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import and_, case, col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases.inserting import insert_missing
from digest.delivery.relays.config import RelayConfig
from digest.delivery.relays.reservation import QuotaGrant, QuotaRequest, QuotaReturn
from digest.delivery.relays.tables import QuotaWindow, RelayUse

LENGTH = {QuotaWindow.HOUR: timedelta(hours=1), QuotaWindow.DAY: timedelta(days=1)}
KEPT = timedelta(days=40)

Used = dict[tuple[str, str, QuotaWindow], int]  # by (relay, domain or '', window)


@dataclass(frozen=True)
class Quota:
    """A limit within one window."""

    span: QuotaWindow
    starts_at: datetime
    limit: int

    def seconds_left(self, now: datetime) -> float:
        """Until the window ends."""
        return (self.starts_at + LENGTH[self.span] - now).total_seconds()


def quotas_of(relay: RelayConfig, domain: str, now: datetime) -> list[Quota]:
    """The quotas in force for a relay as a whole (domain '') or towards a domain."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    if domain:
        limits = relay.towards(domain)
        per_hour, per_day = limits.per_hour if limits else None, None
    else:
        per_hour, per_day = relay.per_hour, relay.allowed_on(now.date())
    found = [(QuotaWindow.HOUR, hour, per_hour), (QuotaWindow.DAY, hour.replace(hour=0), per_day)]
    return [Quota(span, start, limit) for span, start, limit in found if limit is not None]


async def settle(
    session: AsyncSession,
    needs: Iterable[QuotaRequest],
    unused: Iterable[QuotaReturn],
    now: datetime,
) -> list[QuotaGrant]:
    """What a worker does about its quotas, in one go: give back, then reserve."""
    for left in sorted(unused, key=lambda left: (left.relay.name, left.domain)):
        await release(session, left, now)
    in_order = sorted(needs, key=lambda need: (need.relay.name, need.domain))
    return [await reserve(session, need, now) for need in in_order]


async def reserve(session: AsyncSession, need: QuotaRequest, now: datetime) -> QuotaGrant:
    """Take up to `need.units` from every quota that applies; 0 units if one is used up."""
    quotas = quotas_of(need.relay, need.domain, now)
    name, domain = need.relay.name, need.domain
    used = [await _used(session, name, domain, quota, now) for quota in quotas]
    left = [max(0, quota.limit - taken) for quota, taken in zip(quotas, used, strict=True)]
    units = min([need.units, *left])
    if units:
        for quota in quotas:
            await session.exec(
                update(RelayUse)
                .where(_row(name, domain, quota))
                .values(used=RelayUse.used + units)
                .execution_options(synchronize_session=False)
            )
    ends = [quota.seconds_left(now) for quota in quotas]
    spent = [end for end, rest in zip(ends, left, strict=True) if rest < need.units]
    return QuotaGrant(
        relay=name,
        domain=domain,
        units=units,
        reserved_at=now,
        ends_in=min(ends, default=LENGTH[QuotaWindow.HOUR].total_seconds()),
        spent_for=max(spent, default=0.0),
    )


async def release(session: AsyncSession, unused: QuotaReturn, now: datetime) -> None:
    """Give units back to the windows they were taken from."""
    for quota in quotas_of(unused.relay, unused.domain, unused.reserved_at):
        if quota.seconds_left(now) > 0:
            less = RelayUse.used - unused.units
            await session.exec(
                update(RelayUse)
                .where(_row(unused.relay.name, unused.domain, quota))
                .values(used=case((less > 0, less), else_=0))
                .execution_options(synchronize_session=False)
            )


async def used_of(session: AsyncSession, now: datetime) -> Used:
    """What counts in the present windows."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    starts = {QuotaWindow.HOUR: hour, QuotaWindow.DAY: hour.replace(hour=0)}
    rows = await session.exec(
        select(RelayUse).where(col(RelayUse.starts_at) >= starts[QuotaWindow.DAY])
    )
    return {
        (row.relay, row.domain, QuotaWindow(row.span)): row.used
        for row in rows
        if row.starts_at == starts[QuotaWindow(row.span)]
    }


async def _used(session: AsyncSession, relay: str, domain: str, quota: Quota, now: datetime) -> int:
    """What is used of a quota, its row locked; a window's first use makes the row."""
    new = RelayUse(relay=relay, domain=domain, span=quota.span, starts_at=quota.starts_at)
    if await insert_missing(session, [new]):
        old = and_(col(RelayUse.relay) == relay, col(RelayUse.starts_at) < now - KEPT)
        await session.exec(delete(RelayUse).where(old).execution_options(synchronize_session=False))
    used = await session.exec(
        select(RelayUse.used).where(_row(relay, domain, quota)).with_for_update()
    )
    return used.one()


def _row(relay: str, domain: str, quota: Quota) -> ColumnElement[bool]:
    return and_(
        col(RelayUse.relay) == relay,
        col(RelayUse.domain) == domain,
        col(RelayUse.span) == quota.span,
        col(RelayUse.starts_at) == quota.starts_at,
    )
