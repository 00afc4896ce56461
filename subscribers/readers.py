"""A reader's rows: finding, creating and locking them, and ending subscriptions.

A reader is found by the keyed hash of the address, which outlives an erasure.
"""

from datetime import datetime

from sqlalchemy import delete, insert
from sqlalchemy import inspect as sa_inspect
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from digest.databases import dialect_of
from subscribers.address import EmailAddress
from subscribers.keys import Keyring
from subscribers.states import SubscriptionState
from subscribers.tables import ConfirmationToken, Subscriber, Subscription


async def find(
    session: AsyncSession, keyring: Keyring, address: EmailAddress, *, lock: bool = False
) -> Subscriber | None:
    """The reader with this address, also if erased; `lock` as in `lock_reader`."""
    query = select(Subscriber).where(
        Subscriber.address_hash == keyring.address_hash(address.normalised)
    )
    return (await session.exec(locked(query) if lock else query)).first()


async def lock_reader(session: AsyncSession, subscriber_id: int) -> Subscriber | None:
    """The reader with this id, read again and locked until the transaction ends.

    Everything that changes a subscription or a suppression locks the reader first, so
    that of two changes at once the second sees what the first has done.
    """
    query = select(Subscriber).where(col(Subscriber.id) == subscriber_id)
    return (await session.exec(locked(query))).first()


def locked(query: SelectOfScalar[Subscriber]) -> SelectOfScalar[Subscriber]:
    """The same query, locking its rows; always in order of id, so that no two deadlock."""
    locking = query.order_by(col(Subscriber.id)).with_for_update()
    # What the session has cached of a row may be older than the lock.
    return locking.execution_options(populate_existing=True)


async def enrol(
    session: AsyncSession, keyring: Keyring, address: EmailAddress, now: datetime
) -> Subscriber:
    """The reader with this address, locked; created if new, and given it again if erased."""
    # Inserted before it is looked for: of two requests at once one waits here for the other.
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
    """The reader's subscription to one edition."""
    found = await session.exec(
        select(Subscription).where(
            Subscription.subscriber_id == subscriber_id, Subscription.edition == edition
        )
    )
    return found.first()


async def subscriptions_of(session: AsyncSession, subscriber_id: int) -> list[Subscription]:
    """All subscriptions of a reader, ended ones too, by the slug of the edition."""
    found = await session.exec(
        select(Subscription)
        .where(Subscription.subscriber_id == subscriber_id)
        .order_by(col(Subscription.edition))
    )
    return list(found)


async def end_subscriptions(
    session: AsyncSession, subscriber_id: int, edition: str | None, now: datetime
) -> int:
    """End one edition, or all of them (None); the number that had not ended before.

    Open confirmation links expire too: a click on an older mail must not bring back a
    reader who has left since.
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
    result = await session.exec(
        ending.values(state=SubscriptionState.ENDED, ended_at=now, requested_at=None)
    )
    await session.exec(expiring.values(expires_at=now))
    return result.rowcount


async def rewrite_subscriptions(session: AsyncSession, subscriber_id: int) -> None:
    """Replace a reader's open subscriptions by equal rows, when a suppression ends none of them.

    On PostgreSQL a statement that arms a delivery sees the database as it was when it
    began, except for the subscription that it locks (see `audience`): a changed row is
    evaluated again, a removed one is gone. So an arm that began before a suppression was
    committed is denied when it reaches the reader after it. Without the removal it would
    not see the suppression.
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
