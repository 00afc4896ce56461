"""What is due: letters first, then issues, mailing by mailing.

Each look at an issue walks along an index, (mailing, state, id) or that of the
deliveries put off by hour, and stops at the limit: it costs the same with a million
readers waiting as with ten. On PostgreSQL it holds the rows that it finds and leaves out
those that another worker is just taking; on SQLite nobody else is.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

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
        col(Mailing.finished_at).is_(None),
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
        for due in (_pending_of(mailing), _waited_of(mailing, now)):
            if len(found) < limit:
                rows = await session.exec(due.limit(limit - len(found)))
                found += [(delivery, mailing) for delivery in rows]
    return found


async def _letters(
    session: AsyncSession, active: ColumnElement[bool], limit: int, now: datetime
) -> list[Due]:
    """A letter is a mailing of its own with one row or a few: one look for all of them.

    By mailing, the order of their index, so that a rush of sign-ups is not sorted each time.
    """
    rows = await session.exec(
        select(Delivery, Mailing)
        .join(Mailing, col(Mailing.id) == col(Delivery.mailing_id))
        .where(active, col(Mailing.kind) != MailingKind.ISSUE, or_(_pending(), _waited_for(now)))
        .order_by(col(Mailing.id))
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
    )
    return [(delivery, mailing) for delivery, mailing in rows]


def _pending_of(mailing: Mailing) -> SelectOfScalar[Delivery]:
    return (
        select(Delivery)
        .where(col(Delivery.mailing_id) == mailing.id, _pending())
        .order_by(col(Delivery.id))
        .with_for_update(skip_locked=True)
    )


def _waited_of(mailing: Mailing, now: datetime) -> SelectOfScalar[Delivery]:
    return (
        select(Delivery)
        .where(col(Delivery.mailing_id) == mailing.id, _waited_for(now))
        .order_by(col(Delivery.not_before))
        .with_for_update(skip_locked=True)
    )


def _pending() -> ColumnElement[bool]:
    return col(Delivery.state) == DeliveryState.PENDING


def _waited_for(now: datetime) -> ColumnElement[bool]:
    waiting = (DeliveryState.DEFERRED, DeliveryState.UNKNOWN)
    return and_(col(Delivery.state).in_(waiting), col(Delivery.not_before) <= now)
