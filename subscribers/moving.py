"""A reader's new address: their consent, history and links stay theirs."""

from datetime import datetime

from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases import dialect_of
from subscribers import consent, suppression
from subscribers.address import EmailAddress
from subscribers.keys import Keyring
from subscribers.readers import find, rewrite_subscriptions
from subscribers.states import ConsentKind, SuppressionReason
from subscribers.tables import ConfirmationToken, Subscriber

# A mailbox that is gone is why people move; all else was said by the reader or of them.
STAYS_BEHIND = frozenset({SuppressionReason.BOUNCE})


async def move(
    session: AsyncSession,
    keyring: Keyring,
    subscriber: Subscriber,
    new: EmailAddress,
    *,
    source: str,
    now: datetime,
) -> None:
    """Give a locked reader the address `new`, which belongs to nobody and may be mailed.

    Suppressions come along, except for a bounce of the old mailbox. The old address is
    suppressed as unsubscribed, so that no list makes a second reader of the same person.
    Open confirmation links expire: they went to the old mailbox.
    """
    assert subscriber.id is not None
    assert subscriber.address is not None
    old = EmailAddress.parse(subscriber.address)
    old_hash, new_hash = subscriber.address_hash, keyring.address_hash(new.normalised)
    if old_hash != new_hash:
        for reason in await suppression.in_force(session, old_hash) - STAYS_BEHIND:
            await suppression.add(session, new_hash, reason, source=source, now=now)
    subscriber.address, subscriber.normalised = new.wire, new.normalised
    subscriber.address_hash = new_hash
    session.add(subscriber)
    await session.flush()
    if old_hash != new_hash:
        left = SuppressionReason.UNSUBSCRIBE
        await suppression.add(session, old_hash, left, source=f"moved, {source}", now=now)
    await rewrite_subscriptions(session, subscriber.id)
    await session.exec(
        update(ConfirmationToken)
        .where(
            col(ConfirmationToken.subscriber_id) == subscriber.id,
            col(ConfirmationToken.used_at).is_(None),
            col(ConfirmationToken.expires_at) > now,
        )
        .values(expires_at=now)
    )
    # Masked, since the log outlives an erasure.
    consent.record(
        session,
        subscriber.id,
        ConsentKind.MOVED,
        at=now,
        source=f"from {old.masked} to {new.masked}: {source}",
    )


async def find_both(
    session: AsyncSession, keyring: Keyring, old: EmailAddress, new: EmailAddress
) -> tuple[Subscriber | None, Subscriber | None]:
    """The readers with either address, locked; nobody can sign up with the new one meanwhile."""
    new_hash = keyring.address_hash(new.normalised)
    await dialect_of(session).one_at_a_time(session, new_hash)
    subscriber = await find(session, keyring, old, lock=True)
    return subscriber, await find(session, keyring, new)
