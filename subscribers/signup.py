"""Double opt-in: a request writes a pending reader and a link; the link's button activates them.

Nothing here sends mail. `request` returns the row for which the caller writes a
confirmation delivery in the same transaction, or None where no mail may go out. The
person who filled in the form must get the same answer in either case.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases import dialect_of
from subscribers import consent, suppression
from subscribers.address import EmailAddress
from subscribers.caps import CAPS, ConfirmationCaps, too_many
from subscribers.errors import LinkExpired, LinkInvalid
from subscribers.keys import Keyring
from subscribers.readers import enrol, lock_reader, subscription_of
from subscribers.states import ConsentKind, LinkState, SubscriptionState
from subscribers.subscriptions import activate
from subscribers.tables import ConfirmationToken, Subscriber, Subscription

LINK_LIFETIME = timedelta(hours=48)
NONCE_BYTES = 16


@dataclass(frozen=True)
class PendingConfirmation:
    """What a confirmation link is for."""

    subscriber_id: int
    address: EmailAddress
    edition: str
    state: LinkState


@dataclass(frozen=True)
class Confirmation:
    """A confirmed sign-up; `changed` is False if it was confirmed before this click."""

    subscriber_id: int
    address: EmailAddress
    edition: str
    changed: bool = True


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
    caps: ConfirmationCaps = CAPS,
) -> ConfirmationToken | None:
    """Accept a sign-up; the link to mail, or None where no mail may go out.

    None: the reader gets the edition already; a complaint or an editor forbids mail; or
    one of the `caps` is reached.
    """
    address_hash = keyring.address_hash(address.normalised)
    # Otherwise two requests at once would both count the mails before either has written one.
    await dialect_of(session).one_at_a_time(session, address_hash)
    reasons = await suppression.in_force(session, address_hash)
    if reasons & suppression.NO_CONFIRMATION_MAIL:
        return None
    if await too_many(session, address_hash, address.domain, now, caps):
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
    key is no longer in the ring.
    """
    for raw in keyring.derive_with_each("confirm", row.nonce):
        if _hash(raw) == row.token_hash:
            return raw
    raise LinkInvalid("The key behind this confirmation link is gone.")


async def read_link(session: AsyncSession, raw: str, now: datetime) -> PendingConfirmation:
    """What a link is for; writes nothing. Raises `LinkInvalid`."""
    token, subscriber, subscription = await _rows_of(session, raw)
    return PendingConfirmation(
        subscriber_id=token.subscriber_id,
        address=EmailAddress.parse(subscriber.address or ""),
        edition=token.edition,
        state=_state(token, subscription, now),
    )


async def confirm(
    session: AsyncSession,
    raw: str,
    *,
    now: datetime,
    ip: str | None,
    source: str = "confirmation link",
) -> Confirmation:
    """Confirm the sign-up of a link; a second click succeeds while the reader is subscribed.

    Lifts what a reader may lift (see `suppression`). Raises `LinkInvalid`, or `LinkExpired`,
    which includes links from before the reader left.
    """
    await _lock_reader_of(session, raw)
    token, subscriber, subscription = await _rows_of(session, raw)
    address = EmailAddress.parse(subscriber.address or "")
    state = _state(token, subscription, now)
    if state is LinkState.EXPIRED:
        raise LinkExpired(address.wire, token.edition)
    if state is LinkState.OPEN:
        await _use_up(session, token, now)
        await activate(session, subscriber, subscription, source=source, ip=ip, now=now)
    return Confirmation(token.subscriber_id, address, token.edition, state is LinkState.OPEN)


async def _lock_reader_of(session: AsyncSession, raw: str) -> None:
    """Lock first and read then: an unsubscribe may have been under way while we waited."""
    found = await session.exec(
        select(ConfirmationToken.subscriber_id).where(ConfirmationToken.token_hash == _hash(raw))
    )
    subscriber_id = found.first()
    if subscriber_id is not None:
        await lock_reader(session, subscriber_id)


async def _rows_of(
    session: AsyncSession, raw: str
) -> tuple[ConfirmationToken, Subscriber, Subscription]:
    """The rows that a link stands for. Raises `LinkInvalid` if it must not be acted on."""
    query = (
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
    rows = (await session.exec(query)).first()
    if rows is None:
        raise LinkInvalid("This link was not issued here, or no longer works.")
    return rows


def _state(token: ConfirmationToken, subscription: Subscription, now: datetime) -> LinkState:
    if token.used_at is not None:
        if subscription.state != SubscriptionState.ACTIVE:
            raise LinkInvalid("This link has been used, and the subscription has ended since.")
        return LinkState.USED
    return LinkState.EXPIRED if token.expires_at <= now else LinkState.OPEN


async def _use_up(session: AsyncSession, token: ConfirmationToken, now: datetime) -> None:
    """Mark the link as used, and with it all open links of the reader for the same edition."""
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
    # A request may hold any text as its token, lone surrogates too, which UTF-8 cannot encode.
    return hashlib.sha256(raw.encode(errors="replace")).hexdigest()
