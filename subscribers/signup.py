"""Double opt-in: a request writes a pending reader and a link, her click makes her active.

Nothing here mails anybody: `request` returns the row for which the caller
writes a confirmation delivery in the same transaction, or None where no mail
must go out. Whoever asked is answered the same in either case.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases import dialect_of
from subscribers import caps, consent, suppression
from subscribers.address import EmailAddress
from subscribers.agreeing import agree
from subscribers.errors import LinkExpired, LinkInvalid
from subscribers.keys import Keyring
from subscribers.readers import enrol, hold, subscription_of
from subscribers.states import ConsentKind, SubscriptionState
from subscribers.tables import ConfirmationToken, Subscriber, Subscription

__all__ = [
    "Confirmed",
    "LinkExpired",
    "LinkInvalid",
    "LinkState",
    "Peek",
    "confirm",
    "peek",
    "raw_token",
    "request",
]

LINK_LIFETIME = timedelta(hours=48)
NONCE_BYTES = 16


@dataclass(frozen=True)
class Confirmed:
    """A sign-up that holds; `changed` is False where it held before this click."""

    subscriber_id: int
    address: EmailAddress
    edition: str
    changed: bool = True


class LinkState(StrEnum):
    """What a click on the button would do: confirm, nothing more, or offer a new link."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Peek:
    """What the page behind a confirmation link may know."""

    subscriber_id: int
    address: str
    address_masked: str
    edition: str
    state: LinkState


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
) -> ConfirmationToken | None:
    """Take a sign-up; the link to mail, or None where she must get no mail.

    None: she gets the edition already; a complaint or an editor forbids mail; or
    too many confirmation mails went to her, to her domain, or out in all.
    """
    address_hash = keyring.address_hash(address.normalised)
    # Otherwise two requests at once would both pass the caps.
    await dialect_of(session).one_at_a_time(session, address_hash)
    reasons = await suppression.in_force(session, address_hash)
    if reasons & suppression.NO_CONFIRMATION_MAIL:
        return None
    if await caps.too_many(session, address_hash, address.domain, now):
        return None
    subscriber = await enrol(session, keyring, address, now)
    assert subscriber.id is not None
    subscription = await subscription_of(session, subscriber.id, edition)
    if subscription is None:
        subscription = Subscription(subscriber_id=subscriber.id, edition=edition)
    elif subscription.state == SubscriptionState.ACTIVE and not reasons:
        return None
    subscription.state = SubscriptionState.PENDING
    session.add(subscription)
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
    return await _new_token(session, keyring, subscriber.id, address, edition, now)


def raw_token(keyring: Keyring, row: ConfirmationToken) -> str:
    """The secret of a link, 160 bits in hex; derived, since only its hash is stored.

    A link stays the same when the keys are rotated. Raises `LinkInvalid` when its
    key has left the ring.
    """
    for raw in keyring.derive_with_each("confirm", row.nonce):
        if _hash(raw) == row.token_hash:
            return raw
    raise LinkInvalid("The key behind this confirmation link is gone.")


async def peek(session: AsyncSession, raw: str, now: datetime) -> Peek:
    """Look at a link; writes nothing. Raises `LinkInvalid`."""
    token, subscriber, subscription = await _behind(session, raw)
    address = EmailAddress.parse(subscriber.address or "")
    return Peek(
        subscriber_id=token.subscriber_id,
        address=address.wire,
        address_masked=address.masked,
        edition=token.edition,
        state=_state(token, subscription, now),
    )


async def confirm(session: AsyncSession, raw: str, *, now: datetime, ip: str | None) -> Confirmed:
    """Act on a click. A second click is as good as the first while she is still subscribed.

    Lifts what she herself may lift (see `suppression`). Raises `LinkInvalid`, or
    `LinkExpired`, which includes links from before she left.
    """
    await _hold_reader(session, raw)
    token, subscriber, subscription = await _behind(session, raw)
    address = EmailAddress.parse(subscriber.address or "")
    state = _state(token, subscription, now)
    if state is LinkState.EXPIRED:
        raise LinkExpired(address.wire, token.edition)
    confirmed = Confirmed(token.subscriber_id, address, token.edition, state is LinkState.OPEN)
    if state is LinkState.OPEN:
        await _spend(session, token, now)
        await agree(session, subscriber, subscription, source="confirmation link", ip=ip, now=now)
    return confirmed


async def _hold_reader(session: AsyncSession, raw: str) -> None:
    found = await session.exec(
        select(ConfirmationToken.subscriber_id).where(ConfirmationToken.token_hash == _hash(raw))
    )
    subscriber_id = found.first()
    if subscriber_id is not None:
        await hold(session, subscriber_id)


async def _behind(
    session: AsyncSession, raw: str
) -> tuple[ConfirmationToken, Subscriber, Subscription]:
    """What a link stands for; raises `LinkInvalid` where it may not be acted on at all."""
    looking = (
        select(ConfirmationToken, Subscriber, Subscription)
        .join(Subscriber, col(Subscriber.id) == col(ConfirmationToken.subscriber_id))
        .join(
            Subscription,
            (col(Subscription.subscriber_id) == col(ConfirmationToken.subscriber_id))
            & (col(Subscription.edition) == col(ConfirmationToken.edition)),
        )
        .where(
            ConfirmationToken.token_hash == _hash(raw),
            col(Subscriber.address).is_not(None),
            ~suppression.suppressed(col(Subscriber.address_hash), suppression.NO_CONFIRMATION_MAIL),
        )
    )
    rows = (await session.exec(looking)).first()
    if rows is None:
        raise LinkInvalid("This link is not one of ours, or no longer works.")
    return rows


def _state(token: ConfirmationToken, subscription: Subscription, now: datetime) -> LinkState:
    if token.used_at is not None:
        if subscription.state != SubscriptionState.ACTIVE:
            raise LinkInvalid("This link has been used, and the subscription has ended since.")
        return LinkState.USED
    return LinkState.EXPIRED if token.expires_at <= now else LinkState.OPEN


async def _spend(session: AsyncSession, token: ConfirmationToken, now: datetime) -> None:
    """Use up this link, and with it all others that ask the same of her."""
    await session.exec(
        update(ConfirmationToken)
        .where(
            col(ConfirmationToken.subscriber_id) == token.subscriber_id,
            col(ConfirmationToken.edition) == token.edition,
            col(ConfirmationToken.used_at).is_(None),
        )
        .values(used_at=now)
    )


async def _new_token(
    session: AsyncSession,
    keyring: Keyring,
    subscriber_id: int,
    address: EmailAddress,
    edition: str,
    now: datetime,
) -> ConfirmationToken:
    nonce = secrets.token_hex(NONCE_BYTES)
    token = ConfirmationToken(
        subscriber_id=subscriber_id,
        edition=edition,
        domain=address.domain,
        nonce=nonce,
        token_hash=_hash(keyring.derive("confirm", nonce)),
        created_at=now,
        expires_at=now + LINK_LIFETIME,
    )
    session.add(token)
    await session.flush()
    return token


def _hash(raw: str) -> str:
    return hashlib.sha256(raw.encode(errors="replace")).hexdigest()
