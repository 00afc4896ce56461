"""Deliveries that are due: small mailings first, then issues, mailing by mailing.

An issue's due deliveries are read along an index, either (mailing, state, id) or that of
`not_before`, up to the limit: with a million readers waiting it costs as much as with ten.
On PostgreSQL the rows found are locked, and those that another worker is just claiming are
skipped; on SQLite only one transaction writes at a time.
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

# Plain columns, no more than a claim needs: an ORM object per row would cost more than the rest.
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
    with_issues: bool = True,
) -> list[Due]:
    """Up to `limit` deliveries of active mailings on these routes whose time has come.

    Each as its `WANTED` columns and its mailing. Confirmations, notices and tests come
    before issues: their readers wait for them.
    """
    active = and_(
        col(Mailing.finished_at).is_(None),
        col(Mailing.state) == MailingState.ACTIVE,
        col(Mailing.route).in_(list(routes)),
        col(Mailing.give_up_at) > now,
    )
    found = await _single_messages(session, active, limit, now)
    if not with_issues:
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


async def _single_messages(
    session: AsyncSession, active: ColumnElement[bool], limit: int, now: datetime
) -> list[Due]:
    """Of all mailings that are no issue and have only a few rows each, in one query."""
    rows = await session.exec(
        select(Delivery, Mailing)
        .join(Mailing, col(Mailing.id) == col(Delivery.mailing_id))
        .where(active, col(Mailing.kind) != MailingKind.ISSUE, or_(_pending(), _waited_for(now)))
        # The order of the index of unfinished mailings: a rush of sign-ups is not sorted again
        # with every claim.
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
