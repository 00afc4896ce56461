"""Who gets an edition: queries that are answered from indexes and always read the database."""

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
    """Select (subscriber id, wire address) of everybody who gets `edition`, in order of id."""
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
    """How many readers get `edition` now."""
    readers = audience(edition).order_by(None).subquery()
    return (await session.exec(select(func.count()).select_from(readers))).one()


async def has_readers(session: AsyncSession, edition: str) -> bool:
    """Whether anybody gets `edition` now; as fast with a million readers as with one."""
    return (await session.exec(audience(edition).limit(1))).first() is not None


def still_subscribed(
    edition: str, subscriber_id: SQLColumnExpression[int | None], *, lock: bool = False
) -> ColumnElement[bool]:
    """A condition on a delivery's row: its reader gets `edition` at this moment.

    With `lock` the subscription is locked where the database can do so. An unsubscribe
    and a suppression both write that row, so each comes wholly before or wholly after.
    One that is being written at this moment counts as done; the statement does not wait.
    """
    return _in_state(SubscriptionState.ACTIVE, None, edition, subscriber_id, lock=lock)


def confirmable(
    edition: str, subscriber_id: SQLColumnExpression[int | None], *, lock: bool = False
) -> ColumnElement[bool]:
    """The same for a confirmation mail: the reader asked for it, and may confirm it.

    An unsubscribe, a bounce or an erasure does not prevent it, since confirming lifts it.
    """
    return _in_state(None, NO_CONFIRMATION_MAIL, edition, subscriber_id, lock=lock)


def _in_state(
    state: SubscriptionState | None,
    barred_by: Collection[SuppressionReason] | None,
    edition: str,
    subscriber_id: SQLColumnExpression[int | None],
    *,
    lock: bool,
) -> ColumnElement[bool]:
    """The subscription is in `state`, and no suppression (any, or one of these) bars it.

    None: its reader was asked to confirm it, and has not.
    """
    subscription, subscriber = aliased(Subscription), aliased(Subscriber)
    found = (
        select(col(subscription.id))
        .where(
            col(subscription.subscriber_id) == subscriber_id,
            col(subscription.edition) == edition,
            col(subscription.requested_at).is_not(None)
            if state is None
            else col(subscription.state) == state,
            col(subscriber.id) == col(subscription.subscriber_id),
            ~suppressed(col(subscriber.address_hash), barred_by),
        )
        .correlate_except(subscription, subscriber)
    )
    if lock:
        # Skipping a row that somebody is changing lets the caller's statement refuse to arm
        # instead of waiting for a lock while the relay waits for the final dot.
        found = found.with_for_update(read=True, of=subscription, skip_locked=True)
    return found.exists()
