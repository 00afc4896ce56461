"""What every way in has in common where she agreed herself, in proof of her mailbox."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers import consent, suppression
from subscribers.states import ConsentKind, SubscriptionState
from subscribers.tables import Subscriber, Subscription


async def agree(
    session: AsyncSession,
    subscriber: Subscriber,
    subscription: Subscription,
    *,
    source: str,
    now: datetime,
    wording: str | None = None,
    ip: str | None = None,
) -> None:
    """Mail her this edition from now on; lifts the suppressions that are hers to lift."""
    assert subscriber.id is not None
    subscription.state = SubscriptionState.ACTIVE
    subscription.confirmed_at = now
    subscription.ended_at = None
    session.add(subscription)
    lifted = await suppression.lift(
        session, subscriber.address_hash, suppression.LIFTED_BY_HER, by=source, now=now
    )
    suppression.record_lifted(session, subscriber, lifted, by=source, now=now)
    consent.record(
        session,
        subscriber.id,
        ConsentKind.CONFIRMED,
        at=now,
        source=source,
        edition=subscription.edition,
        wording=wording,
        ip=ip,
    )
