"""Who gets an edition: one query, answered from indexes alone, and never out of memory's cache."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, SQLColumnExpression, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from subscribers.states import SubscriptionState, SuppressionReason
from subscribers.suppression import NO_CONFIRMATION_MAIL, suppressed
from subscribers.tables import Subscriber, Subscription


def audience(edition: str) -> Select[int, str | None]:
    """(subscriber id, wire address) of everybody who gets `edition`, by id."""
    return (
        select(col(Subscription.subscriber_id), col(Subscriber.address))
        .join(Subscriber, col(Subscriber.id) == col(Subscription.subscriber_id))
        .where(
            col(Subscription.edition) == edition,
            col(Subscription.state) == SubscriptionState.ACTIVE,
            col(Subscriber.address).is_not(None),
            ~suppressed(col(Subscriber.address_hash)),
        )
        .order_by(col(Subscription.subscriber_id))
    )


async def count(session: AsyncSession, edition: str) -> int:
    """How many get `edition` now."""
    readers = audience(edition).order_by(None).subquery()
    return (await session.exec(select(func.count()).select_from(readers))).one()


async def has_readers(session: AsyncSession, edition: str) -> bool:
    """Whether anybody gets `edition` now; as cheap with a million as with one."""
    return (await session.exec(audience(edition).limit(1))).first() is not None


def still_subscribed(
    edition: str, subscriber_id: SQLColumnExpression[int | None], *, lock: bool = False
) -> ColumnElement[bool]:
    """A condition on a delivery's row: its reader gets `edition` at this moment.

    With a `lock` her subscription is locked where the database can, so that an
    unsubscribe or a suppression, which both write that row, comes wholly before or wholly
    after; one that is being written at this moment counts as before, and nobody waits for it.
    """
    return _is(SubscriptionState.ACTIVE, None, edition, subscriber_id, lock=lock)


def confirmable(
    edition: str, subscriber_id: SQLColumnExpression[int | None], *, lock: bool = False
) -> ColumnElement[bool]:
    """The same for a confirmation mail: she waits to confirm, and may be asked to.

    An unsubscribe, a bounce or an erasure does not stand in the way: confirming lifts it.
    """
    state = SubscriptionState.PENDING
    return _is(state, NO_CONFIRMATION_MAIL, edition, subscriber_id, lock=lock)


def _is(
    state: SubscriptionState,
    barring: Collection[SuppressionReason] | None,
    edition: str,
    subscriber_id: SQLColumnExpression[int | None],
    *,
    lock: bool,
) -> ColumnElement[bool]:
    """Her subscription is in this state, and no suppression bars it (any, or these)."""
    subscription, subscriber = aliased(Subscription), aliased(Subscriber)
    hers = (
        select(col(subscription.id))
        .where(
            col(subscription.subscriber_id) == subscriber_id,
            col(subscription.edition) == edition,
            col(subscription.state) == state,
            col(subscriber.id) == col(subscription.subscriber_id),
            ~suppressed(col(subscriber.address_hash), barring),
        )
        .correlate_except(subscription, subscriber)
    )
    if lock:
        hers = hers.with_for_update(read=True, of=subscription, skip_locked=True)
    return hers.exists()
