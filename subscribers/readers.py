"""Finding a reader's rows, and making them when she is new.

A reader is found by the keyed hash of her address, which outlives an erasure.
"""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from digest.databases import dialect_of
from subscribers.address import EmailAddress
from subscribers.keys import Keyring
from subscribers.tables import Subscriber, Subscription


async def find(
    session: AsyncSession, keyring: Keyring, address: EmailAddress, *, lock: bool = False
) -> Subscriber | None:
    """The row of an address, erased ones included; `lock` holds it till the transaction ends."""
    hers = Subscriber.address_hash == keyring.address_hash(address.normalised)
    looking = select(Subscriber).where(hers)
    return (await session.exec(locked(looking) if lock else looking)).first()


async def hold(session: AsyncSession, subscriber_id: int) -> Subscriber | None:
    """The row of a reader, as it is now and locked till the transaction ends.

    Whatever changes her standing holds her first: of two changes at once, the second
    sees what the first has done.
    """
    hers = select(Subscriber).where(col(Subscriber.id) == subscriber_id)
    return (await session.exec(locked(hers))).first()


def locked(looking: SelectOfScalar[Subscriber]) -> SelectOfScalar[Subscriber]:
    """The same rows, each held; in one order, so that no two wait for each other."""
    held = looking.order_by(col(Subscriber.id)).with_for_update()
    return held.execution_options(populate_existing=True)


async def enrol(
    session: AsyncSession, keyring: Keyring, address: EmailAddress, now: datetime
) -> Subscriber:
    """The row of an address, made if there is none; an erased one gets its address back."""
    await session.exec(
        dialect_of(session)
        .insert_or_ignore(Subscriber)
        .values(
            address=address.wire,
            normalised=address.normalised,
            address_hash=keyring.address_hash(address.normalised),
            created_at=now,
        )
    )
    subscriber = await find(session, keyring, address, lock=True)
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
