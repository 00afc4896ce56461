"""A sign-up is decided: whether it is stored, and whether a link to confirm it is mailed.

Nothing here sends mail. Where `request` gives a token, the caller writes a confirmation
delivery in the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases import dialect_of
from subscribers import consent, suppression
from subscribers.address import EmailAddress
from subscribers.cap_keys import mailbox_hash
from subscribers.caps import CAPS, Cap, ConfirmationCaps, Letter, reached
from subscribers.keys import Keyring
from subscribers.readers import enrol, find, subscription_of
from subscribers.signup import new_token
from subscribers.states import ConsentKind, SubscriptionState
from subscribers.tables import ConfirmationToken, Subscription


class Outcome(StrEnum):
    """What became of a sign-up."""

    MAILED = "mailed"
    COVERED = "covered"  # an open link in an earlier mail confirms it too
    WAITS = "waits"
    ACTIVE = "active"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Requested:
    """The outcome, with the link to mail if there is one, or the cap that it waits for."""

    outcome: Outcome
    token: ConfirmationToken | None = None
    cap: Cap | None = None


async def request(
    session: AsyncSession,
    keyring: Keyring,
    address: EmailAddress,
    edition: str,
    *,
    source: str,
    wording: str,
    ip: str | None,
    now: datetime,
    origin: str | None = None,
    caps: ConfirmationCaps = CAPS,
) -> Requested:
    """Accept a sign-up, and say whether a link is to be mailed.

    A state is never lowered by it: a reader who gets the edition still gets it, whatever is in
    force against their address. Nothing is stored for a reader who gets the edition, and for
    an address that a complaint or an editor bars. `origin` is for the caps.
    """
    address_hash = keyring.address_hash(address.normalised)
    # Otherwise two requests at once would both count the mails before either has written one.
    await dialect_of(session).one_at_a_time(session, address_hash)
    reasons = await suppression.in_force(session, address_hash)
    if reasons & suppression.NO_CONFIRMATION_MAIL:
        return Requested(Outcome.FORBIDDEN)
    subscriber = await find(session, keyring, address)
    if subscriber is not None and subscriber.id is not None and not reasons:
        found = await subscription_of(session, subscriber.id, edition)
        if found is not None and found.state == SubscriptionState.ACTIVE:
            return Requested(Outcome.ACTIVE)
    subscriber = await enrol(session, keyring, address, now)
    assert subscriber.id is not None
    letter = Letter(address_hash, mailbox_hash(keyring, address), address.domain, origin)
    cap = await reached(session, letter, now, caps)
    is_new = await _ask_for(session, subscriber.id, edition, now)
    if is_new or cap is None:
        consent.record(
            session,
            subscriber.id,
            ConsentKind.REQUESTED,
            at=now,
            source=source,
            edition=edition,
            wording=wording,
            ip=ip,
        )
    if cap is None:
        token = await new_token(session, keyring, subscriber.id, letter, edition, now)
        return Requested(Outcome.MAILED, token=token)
    if await _has_open_link(session, subscriber.id, now):
        return Requested(Outcome.COVERED, cap=cap)
    return Requested(Outcome.WAITS, cap=cap)


async def _ask_for(session: AsyncSession, subscriber_id: int, edition: str, now: datetime) -> bool:
    """Note that the reader waits to confirm this edition; False if they did before."""
    subscription = await subscription_of(session, subscriber_id, edition)
    if subscription is None:
        subscription = Subscription(subscriber_id=subscriber_id, edition=edition)
    elif subscription.state == SubscriptionState.ENDED:
        subscription.state = SubscriptionState.PENDING
    is_new = subscription.requested_at is None
    subscription.requested_at = now
    session.add(subscription)
    return is_new


async def _has_open_link(session: AsyncSession, subscriber_id: int, now: datetime) -> bool:
    found = await session.exec(
        select(ConfirmationToken.id).where(
            ConfirmationToken.subscriber_id == subscriber_id,
            col(ConfirmationToken.used_at).is_(None),
            ConfirmationToken.expires_at > now,
        )
    )
    return found.first() is not None
