"""Deliveries that were refused for reasons that were not the reader's: held, and tried again.

When such refusals pause a mailing, its refused deliveries are held, and resuming sends to
them again. A held delivery with a `reply_kind` is one of these; one without is doubtful.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.replies import NOT_THE_READERS, ReplyKind
from digest.delivery.states import DeliveryState
from digest.delivery.tables import Delivery, Mailing
from subscribers.readers import lock_reader
from subscribers.suppression import lift_bounce
from subscribers.tables import Subscriber

ENDED_BY_REPLY = (DeliveryState.DEFERRED, DeliveryState.REJECTED)


def held_refusal() -> ColumnElement[bool]:
    """A condition: held because it was refused, and so to be tried again."""
    return and_(col(Delivery.state) == DeliveryState.HELD, col(Delivery.reply_kind).is_not(None))


async def hold_refused(
    session: AsyncSession, mailing_id: int, now: datetime, *, alike: Collection[int] = ()
) -> int:
    """Hold what a mailing was refused for other reasons than the reader's; how many.

    `alike`: deliveries whose replies were about the reader, but so many and so alike that
    they were not; what they suppressed is lifted.
    """
    if alike:
        alike = await _all_alike(session, alike)
        await _lift_suppressions(session, alike, now)
    which = or_(not_the_readers(), col(Delivery.id).in_(alike))
    state, values = DeliveryState.HELD, {"not_before": None}
    return await _move(session, mailing_id, ENDED_BY_REPLY, which, state, values)


async def retry_refused(session: AsyncSession, mailing_id: int) -> int:
    """Try what a mailing was refused for other reasons than the reader's again; how many."""
    return await _move(
        session,
        mailing_id,
        ENDED_BY_REPLY,
        not_the_readers(),
        DeliveryState.DEFERRED,
        {"not_before": col(Delivery.updated_at)},  # in the past: after those never tried
    )


async def release_held(session: AsyncSession, mailing_id: int) -> int:
    """Try again what was held, after everybody who was never tried; how many."""
    # What was in flight when the mailing was paused may have been refused since then.
    late = await retry_refused(session, mailing_id)
    return late + await _move(
        session,
        mailing_id,
        (DeliveryState.HELD,),
        held_refusal(),
        DeliveryState.DEFERRED,
        {"not_before": col(Delivery.updated_at)},
    )


def not_the_readers() -> ColumnElement[bool]:
    """A condition: the last refusal was about the relay, the message, or nobody knows what."""
    return col(Delivery.reply_kind).in_(sorted(NOT_THE_READERS))


async def _move(
    session: AsyncSession,
    mailing_id: int,
    before: Collection[DeliveryState],
    which: ColumnElement[bool],
    after: DeliveryState,
    values: dict[str, Any],
) -> int:
    # Locked, so that no other worker ends the mailing while something of it opens again.
    unfinished = await session.exec(
        select(Mailing.id)
        .where(col(Mailing.id) == mailing_id, col(Mailing.finished_at).is_(None))
        .with_for_update()
    )
    if unfinished.first() is None:
        return 0
    result = await session.exec(
        update(Delivery)
        .where(col(Delivery.mailing_id) == mailing_id, col(Delivery.state).in_(before), which)
        .values(state=after, **values)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount


async def _all_alike(session: AsyncSession, some: Collection[int]) -> list[int]:
    """The deliveries that got the same reply as these since the first of them, by any worker."""
    found = await session.exec(
        select(Delivery).where(col(Delivery.id).in_(some)).order_by(col(Delivery.updated_at))
    )
    first = found.first()
    if first is None:
        return []
    alike = await session.exec(
        select(Delivery.id).where(
            col(Delivery.mailing_id) == first.mailing_id,
            col(Delivery.state) == DeliveryState.REJECTED,
            col(Delivery.updated_at) >= first.updated_at,
            col(Delivery.reply_code) == first.reply_code,
            col(Delivery.enhanced_code).is_not_distinct_from(first.enhanced_code),
            col(Delivery.reply_kind) == first.reply_kind,
        )
    )
    return [delivery_id or 0 for delivery_id in alike]


async def _lift_suppressions(
    session: AsyncSession, deliveries: Collection[int], now: datetime
) -> None:
    readers = await session.exec(
        select(Delivery.subscriber_id)
        .where(
            col(Delivery.id).in_(deliveries),
            col(Delivery.reply_kind) == ReplyKind.HARD,
            col(Delivery.subscriber_id).is_not(None),
        )
        .order_by(col(Delivery.subscriber_id))
    )
    for subscriber_id in readers.all():
        # Locked first, as everywhere else, and in one order, so that no two deadlock.
        await lock_reader(session, subscriber_id or 0)
        subscriber = await session.get_one(Subscriber, subscriber_id)
        await lift_bounce(session, subscriber, source="many replies alike", now=now)
