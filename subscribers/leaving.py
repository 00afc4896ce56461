"""What every way of leaving has in common: no more mail, and no open confirmation link."""

from datetime import datetime

from sqlalchemy import delete, insert
from sqlalchemy import inspect as sa_inspect
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers.states import SubscriptionState
from subscribers.tables import ConfirmationToken, Subscription


async def end_subscriptions(
    session: AsyncSession, subscriber_id: int, edition: str | None, now: datetime
) -> int:
    """End one edition, or all of them (None); how many were not ended before.

    Her open confirmation links expire with it: a click on an older mail must not
    bring back somebody who left since.
    """
    ending = update(Subscription).where(
        col(Subscription.subscriber_id) == subscriber_id,
        col(Subscription.state) != SubscriptionState.ENDED,
    )
    expiring = update(ConfirmationToken).where(
        col(ConfirmationToken.subscriber_id) == subscriber_id,
        col(ConfirmationToken.used_at).is_(None),
        col(ConfirmationToken.expires_at) > now,
    )
    if edition is not None:
        ending = ending.where(col(Subscription.edition) == edition)
        expiring = expiring.where(col(ConfirmationToken.edition) == edition)
    result = await session.exec(ending.values(state=SubscriptionState.ENDED, ended_at=now))
    await session.exec(expiring.values(expires_at=now))
    return result.rowcount


async def write_anew(session: AsyncSession, subscriber_id: int) -> None:
    """Put equal rows in the place of her subscriptions, for what bars mail and ends none of them.

    On PostgreSQL a statement that arms sees the database as it was when it began, but for
    the subscription that it locks (see `audience`): one that changed is judged anew, one
    that was removed is none. So an arm that began before a suppression was committed, and
    comes to her after that, is denied. Without this it would not see the suppression.
    """
    removed = await session.exec(
        delete(Subscription)
        .where(
            col(Subscription.subscriber_id) == subscriber_id,
            col(Subscription.state) != SubscriptionState.ENDED,
        )
        .returning(*sa_inspect(Subscription).columns)
        .execution_options(synchronize_session=False)
    )
    rows = [dict(row) for row in removed.mappings()]
    if rows:
        await session.exec(insert(Subscription), params=rows)
