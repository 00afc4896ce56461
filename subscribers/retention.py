"""Sign-ups that nobody confirmed are deleted some days after their link has expired."""

from datetime import datetime, timedelta

from sqlmodel import and_, col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers.caps import CAPS
from subscribers.erasure import Erased
from subscribers.readers import lock_reader
from subscribers.requests import KEPT
from subscribers.signup import LINK_LIFETIME
from subscribers.states import SubscriptionState
from subscribers.tables import ConfirmationToken, ConsentEvent, SignupRequest, Subscription

AT_ONCE = 100
HAD_LEFT = col(Subscription.ended_at).is_not(None)


async def unconfirmed(session: AsyncSession, keep: timedelta, now: datetime) -> list[int]:
    """Readers with a sign-up whose link expired longer ago than `keep`; at most a batch."""
    found = await session.exec(
        select(col(Subscription.subscriber_id))
        .where(col(Subscription.requested_at) <= now - LINK_LIFETIME - keep)
        .distinct()
        .limit(AT_ONCE)
    )
    return list(found)


async def forget_unconfirmed(
    session: AsyncSession, subscriber_id: int, keep: timedelta, now: datetime
) -> Erased | None:
    """Forget what a reader never confirmed; who is gone, if nothing else is known of them.

    Who left before stays as one who left. Of a reader who is gone a number stays, for the
    deliveries and the links that had it; should they sign up again, they are somebody new.
    """
    subscriber = await lock_reader(session, subscriber_id)
    if subscriber is None or subscriber.address is None or subscriber.normalised is None:
        return None
    theirs = col(Subscription.subscriber_id) == subscriber_id
    old = and_(theirs, col(Subscription.requested_at) <= now - LINK_LIFETIME - keep)
    pending = col(Subscription.state) == SubscriptionState.PENDING
    await session.exec(delete(Subscription).where(old, pending, ~HAD_LEFT))
    await session.exec(
        update(Subscription).where(old, pending, HAD_LEFT).values(state=SubscriptionState.ENDED)
    )
    await session.exec(update(Subscription).where(old).values(requested_at=None))
    if (await session.exec(select(Subscription.id).where(theirs).limit(1))).first() is not None:
        return None
    gone = Erased(subscriber_id, subscriber.normalised, subscriber.address)
    await session.exec(delete(ConsentEvent).where(col(ConsentEvent.subscriber_id) == subscriber_id))
    subscriber.address = subscriber.normalised = None
    subscriber.address_hash = f"forgotten-{subscriber_id}"
    session.add(subscriber)
    return gone


async def forget_old_letters(session: AsyncSession, now: datetime) -> None:
    """Drop the hashes of mailboxes and networks from links that no cap counts any more."""
    await session.exec(
        update(ConfirmationToken)
        .where(
            col(ConfirmationToken.created_at) < now - CAPS.unconfirmed_period,
            col(ConfirmationToken.mailbox) != "",
        )
        .values(mailbox="", origin=None)
    )
    await session.exec(
        delete(SignupRequest).where(col(SignupRequest.requested_at) < now - 2 * KEPT)
    )
