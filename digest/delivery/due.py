"""What is due: letters first, then issues, mailing by mailing.

Each look at an issue walks along the index (mailing, state, id) and stops at the
limit, so that it costs the same with a million readers waiting as with ten.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.tables import (
    Delivery,
    DeliveryState,
    Mailing,
    MailingKind,
    MailingState,
    Route,
)

Due = tuple[Delivery, Mailing]


async def find_due(
    session: AsyncSession, routes: Iterable[Route], limit: int, now: datetime
) -> list[Due]:
    """Up to `limit` deliveries of active mailings on these routes whose time has come."""
    active = and_(
        col(Mailing.state) == MailingState.ACTIVE,
        col(Mailing.route).in_(list(routes)),
        col(Mailing.give_up_at) > now,
    )
    found = await _letters(session, active, limit, now)
    issues = await session.exec(
        select(Mailing)
        .where(active, col(Mailing.kind) == MailingKind.ISSUE)
        .order_by(col(Mailing.id))
    )
    for mailing in issues.all():
        for which in (_pending(), _waited_for(now)):
            if len(found) < limit:
                found += await _of(session, mailing, which, limit - len(found))
    return found


async def _letters(
    session: AsyncSession, active: ColumnElement[bool], limit: int, now: datetime
) -> list[Due]:
    """A letter is a mailing of its own with one row or a few: one look for all of them."""
    rows = await session.exec(
        select(Delivery, Mailing)
        .join(Mailing, col(Mailing.id) == col(Delivery.mailing_id))
        .where(active, col(Mailing.kind) != MailingKind.ISSUE, or_(_pending(), _waited_for(now)))
        .order_by(col(Delivery.id))
        .limit(limit)
    )
    return [(delivery, mailing) for delivery, mailing in rows]


async def _of(
    session: AsyncSession, mailing: Mailing, which: ColumnElement[bool], limit: int
) -> list[Due]:
    rows = await session.exec(
        select(Delivery)
        .where(col(Delivery.mailing_id) == mailing.id, which)
        .order_by(col(Delivery.id))
        .limit(limit)
    )
    return [(delivery, mailing) for delivery in rows]


def _pending() -> ColumnElement[bool]:
    return col(Delivery.state) == DeliveryState.PENDING


def _waited_for(now: datetime) -> ColumnElement[bool]:
    waiting = (DeliveryState.DEFERRED, DeliveryState.UNKNOWN)
    return and_(col(Delivery.state).in_(waiting), col(Delivery.not_before) <= now)
