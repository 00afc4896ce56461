"""Finding a reader's rows, and making them when she is new.

A reader is found by the keyed hash of her address, which outlives an erasure.
"""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers.address import EmailAddress
from subscribers.dialects import insert_if_new
from subscribers.keys import Keyring
from subscribers.tables import Subscriber, Subscription


async def find(session: AsyncSession, keyring: Keyring, address: EmailAddress) -> Subscriber | None:
    """The row of an address, locked till the transaction ends; erased ones included."""
    found = await session.exec(
        select(Subscriber)
        .where(Subscriber.address_hash == keyring.address_hash(address.normalised))
        .with_for_update()
    )
    return found.first()


async def enrol(
    session: AsyncSession, keyring: Keyring, address: EmailAddress, now: datetime
) -> Subscriber:
    """The row of an address, made if there is none; an erased one gets its address back."""
    await session.exec(
        insert_if_new(session, Subscriber).values(
            address=address.wire,
            normalised=address.normalised,
            address_hash=keyring.address_hash(address.normalised),
            created_at=now,
        )
    )
    subscriber = await find(session, keyring, address)
    assert subscriber is not None
    if subscriber.address is None:
        subscriber.address, subscriber.normalised = address.wire, address.normalised
        subscriber.erased_at = None
        session.add(subscriber)
    return subscriber


async def subscription_of(
    session: AsyncSession, subscriber_id: int, edition: str
) -> Subscription | None:
    """Her standing with one edition."""
    found = await session.exec(
        select(Subscription).where(
            Subscription.subscriber_id == subscriber_id, Subscription.edition == edition
        )
    )
    return found.first()


async def subscriptions_of(session: AsyncSession, subscriber_id: int) -> list[Subscription]:
    """Her standing with every edition she ever had to do with."""
    found = await session.exec(
        select(Subscription)
        .where(Subscription.subscriber_id == subscriber_id)
        .order_by(col(Subscription.edition))
    )
    return list(found)
