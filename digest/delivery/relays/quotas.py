"""Hourly and daily quotas, counted in the database: they hold across workers and restarts.

A worker reserves some units ahead of time and gives back what it did not need. The rows
are locked while it counts (`FOR UPDATE` on PostgreSQL, the write transaction itself on
SQLite), so no two workers take the same units; and always in the same order, so no two
workers deadlock.
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
        """Seconds until the window ends."""
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
    requests: Iterable[QuotaRequest],
    returns: Iterable[QuotaReturn],
    now: datetime,
) -> list[QuotaGrant]:
    """Give back and then reserve, all in the caller's transaction."""
    # Sorted, so that all workers lock the rows in the same order.
    for unused in sorted(returns, key=lambda unused: (unused.relay.name, unused.domain)):
        await release(session, unused, now)
    in_order = sorted(requests, key=lambda request: (request.relay.name, request.domain))
    return [await reserve(session, request, now) for request in in_order]


async def reserve(session: AsyncSession, request: QuotaRequest, now: datetime) -> QuotaGrant:
    """Take up to `request.units` from every quota that applies; none if one is used up."""
    quotas = quotas_of(request.relay, request.domain, now)
    name, domain = request.relay.name, request.domain
    used = [await _used(session, name, domain, quota, now) for quota in quotas]
    left = [max(0, quota.limit - taken) for quota, taken in zip(quotas, used, strict=True)]
    units = min([request.units, *left])
    if units:
        for quota in quotas:
            await session.exec(
                update(RelayUse)
                .where(_row(name, domain, quota))
                .values(used=RelayUse.used + units)
                .execution_options(synchronize_session=False)
            )
    ends = [quota.seconds_left(now) for quota in quotas]
    spent = [end for end, rest in zip(ends, left, strict=True) if rest < request.units]
    return QuotaGrant(
        relay=name,
        domain=domain,
        units=units,
        reserved_at=now,
        ends_in=min(ends, default=LENGTH[QuotaWindow.HOUR].total_seconds()),
        spent_for=max(spent, default=0.0),
    )


async def release(session: AsyncSession, unused: QuotaReturn, now: datetime) -> None:
    """Give units back to the windows that they were taken from, unless those have ended."""
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
    """What has been used of the current windows."""
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
    """What has been used of a quota. Locks its row, which the first use in a window creates."""
    new = RelayUse(relay=relay, domain=domain, span=quota.span, starts_at=quota.starts_at)
    if await insert_missing(session, [new]):  # a new window: a good moment to drop old ones
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
