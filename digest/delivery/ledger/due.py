"""What is due: letters first, then issues, mailing by mailing.

Each look at an issue walks along an index, (mailing, state, id) or that of the
deliveries put off by hour, and stops at the limit: it costs the same with a million
readers waiting as with ten. On PostgreSQL it holds the rows that it finds and leaves out
those that another worker is just taking; on SQLite nobody else is.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Select
from sqlalchemy import select as columns
from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.states import DeliveryState, MailingKind, MailingState, Route
from digest.delivery.tables import Delivery, Mailing

# No more than a claim needs: to make an object of each row would cost more than all the rest.
WANTED = (
    col(Delivery.id),
    col(Delivery.subscriber_id),
    col(Delivery.address),
    col(Delivery.variant),
    col(Delivery.attempts),
)

Wanted = tuple[int, int | None, str, str, int]
Look = Select[int | None, int | None, str, str, int]
Due = tuple[Wanted, Mailing]


async def find_due(
    session: AsyncSession,
    routes: Iterable[Route],
    limit: int,
    now: datetime,
    *,
    letters_only: bool = False,
) -> list[Due]:
    """Up to `limit` deliveries of active mailings on these routes whose time has come.

    Of each its `WANTED` columns, and its mailing; letters come first.
    """
    active = and_(
        col(Mailing.finished_at).is_(None),
        col(Mailing.state) == MailingState.ACTIVE,
        col(Mailing.route).in_(list(routes)),
        col(Mailing.give_up_at) > now,
    )
    found = await _letters(session, active, limit, now)
    if letters_only:
        return found
    issues = await session.exec(
        select(Mailing)
        .where(active, col(Mailing.kind) == MailingKind.ISSUE)
        .order_by(col(Mailing.id))
    )
    connection = await session.connection()
    for mailing in issues.all():
        for due in (_pending_of(mailing), _waited_of(mailing, now)):
            if len(found) < limit:
                rows = await connection.execute(due.limit(limit - len(found)))
                found += [(cast(Wanted, row), mailing) for row in rows]
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
    return [(_wanted(delivery), mailing) for delivery, mailing in rows]


def _wanted(delivery: Delivery) -> Wanted:
    assert delivery.id is not None
    subscriber = delivery.subscriber_id
    return delivery.id, subscriber, delivery.address, delivery.variant, delivery.attempts


def _pending_of(mailing: Mailing) -> Look:
    return (
        columns(*WANTED)
        .where(col(Delivery.mailing_id) == mailing.id, _pending())
        .order_by(col(Delivery.id))
        .with_for_update(skip_locked=True)
    )


def _waited_of(mailing: Mailing, now: datetime) -> Look:
    return (
        columns(*WANTED)
        .where(col(Delivery.mailing_id) == mailing.id, _waited_for(now))
        .order_by(col(Delivery.not_before))
        .with_for_update(skip_locked=True)
    )


def _pending() -> ColumnElement[bool]:
    return col(Delivery.state) == DeliveryState.PENDING


def _waited_for(now: datetime) -> ColumnElement[bool]:
    waiting = (DeliveryState.DEFERRED, DeliveryState.UNKNOWN)
    return and_(col(Delivery.state).in_(waiting), col(Delivery.not_before) <= now)
