"""Erasure: of personal data only the keyed hash stays, so that no import brings a reader back.

What stays under a number and the hash are the states and times of the subscriptions, and
the consent log without its IP addresses. The reader may sign up again: confirming lifts
the erasure, as it lifts an unsubscribe. To keep an address out for good, suppress it too.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers import consent, requests, suppression
from subscribers.address import EmailAddress
from subscribers.keys import Keyring
from subscribers.readers import end_subscriptions, find
from subscribers.states import ConsentKind, SuppressionReason
from subscribers.tables import ConfirmationToken, ConsentEvent


@dataclass(frozen=True)
class Erased:
    """The erased reader, for the caller to remove the addresses of their deliveries."""

    subscriber_id: int
    normalised: str
    wire: str


async def erase(
    session: AsyncSession,
    keyring: Keyring,
    address: EmailAddress,
    *,
    source: str,
    now: datetime,
) -> Erased | None:
    """Erase a reader; None if the address belongs to none, or to one erased before."""
    subscriber = await find(session, keyring, address, lock=True)
    if subscriber is None or subscriber.id is None or subscriber.address is None:
        return None
    erased = Erased(subscriber.id, address.normalised, subscriber.address)
    await end_subscriptions(session, subscriber.id, None, now)
    await requests.forget(session, subscriber.address_hash)
    await session.exec(
        update(ConsentEvent).where(col(ConsentEvent.subscriber_id) == subscriber.id).values(ip=None)
    )
    await session.exec(
        update(ConfirmationToken)
        .where(col(ConfirmationToken.subscriber_id) == subscriber.id)
        .values(domain="")
    )
    subscriber.address = subscriber.normalised = None
    subscriber.erased_at = now
    session.add(subscriber)
    reason = SuppressionReason.ERASURE
    await suppression.add(session, subscriber.address_hash, reason, source=source, now=now)
    consent.record(session, subscriber.id, ConsentKind.ERASED, at=now, source=source)
    return erased
