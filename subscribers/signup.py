"""Double opt-in: the link in a confirmation mail, and the button that activates the reader.

One link confirms every edition that its reader asked for. See `asking` for what comes before.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers import suppression
from subscribers.address import EmailAddress
from subscribers.caps import Letter
from subscribers.errors import LinkExpired, LinkInvalid
from subscribers.keys import Keyring
from subscribers.readers import lock_reader
from subscribers.states import LinkState, SubscriptionState
from subscribers.subscriptions import activate
from subscribers.tables import ConfirmationToken, Subscriber, Subscription

LINK_LIFETIME = timedelta(hours=48)
NONCE_BYTES = 16


@dataclass(frozen=True)
class PendingConfirmation:
    """What a confirmation link is for: the edition of its mail, and all that it confirms."""

    subscriber_id: int
    address: EmailAddress
    edition: str
    editions: tuple[str, ...]
    state: LinkState


@dataclass(frozen=True)
class Confirmation:
    """A confirmed sign-up; `changed` is False if it was confirmed before this click."""

    subscriber_id: int
    address: EmailAddress
    edition: str
    editions: tuple[str, ...]
    changed: bool = True


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
        subscriber_id=subscription.subscriber_id,
        address=EmailAddress.parse(subscriber.address or ""),
        edition=token.edition,
        editions=await editions_of(session, token),
        state=_state(token, subscription, now),
    )


async def confirm(
    session: AsyncSession,
    raw: str,
    *,
    now: datetime,
    ip: str | None,
    shown: Collection[str] = (),
    source: str = "confirmation link",
) -> Confirmation:
    """Confirm the sign-up of a link; a second click succeeds while the reader is subscribed.

    `shown` are the editions that the page with the button named, if that is known: what was
    asked for after it was opened is not confirmed with the rest.

    Lifts what a reader may lift (see `suppression`). Raises `LinkInvalid`, or `LinkExpired`,
    which includes links from before the reader left.
    """
    await _lock_reader_of(session, raw)
    token, subscriber, subscription = await _rows_of(session, raw)
    address = EmailAddress.parse(subscriber.address or "")
    state = _state(token, subscription, now)
    if state is LinkState.EXPIRED:
        raise LinkExpired(address.wire, token.edition)
    asked = await _asked_for(session, token)
    if state is not LinkState.OPEN:
        asked = [subscription]
    elif shown:
        asked = [row for row in asked if row.edition in shown] or [subscription]
    editions = tuple(row.edition for row in asked)
    if state is LinkState.OPEN:
        await _use_up(session, token, editions, now)
        for row in asked:
            await activate(session, subscriber, row, source=source, ip=ip, now=now)
    return Confirmation(
        subscription.subscriber_id, address, token.edition, editions, state is LinkState.OPEN
    )


async def editions_of(session: AsyncSession, token: ConfirmationToken) -> tuple[str, ...]:
    """What a link confirms: the edition of its mail, and others that wait for their reader."""
    return tuple(row.edition for row in await _asked_for(session, token))


async def _asked_for(session: AsyncSession, token: ConfirmationToken) -> list[Subscription]:
    found = await session.exec(
        select(Subscription)
        .where(
            Subscription.subscriber_id == token.subscriber_id,
            or_(
                col(Subscription.edition) == token.edition,
                col(Subscription.requested_at).is_not(None),
            ),
        )
        .order_by(col(Subscription.id))
    )
    return list(found)


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


async def _use_up(
    session: AsyncSession, token: ConfirmationToken, editions: Collection[str], now: datetime
) -> None:
    """Mark the link as used, and with it all open links of the reader for these editions."""
    await session.exec(
        update(ConfirmationToken)
        .where(
            col(ConfirmationToken.subscriber_id) == token.subscriber_id,
            or_(
                col(ConfirmationToken.id) == token.id,
                col(ConfirmationToken.edition).in_(editions),
            ),
            col(ConfirmationToken.used_at).is_(None),
        )
        .values(used_at=now)
    )


async def new_token(
    session: AsyncSession,
    keyring: Keyring,
    subscriber_id: int,
    letter: Letter,
    edition: str,
    now: datetime,
) -> ConfirmationToken:
    """A link to mail for this edition; it counts as one mail for the caps."""
    nonce = secrets.token_hex(NONCE_BYTES)
    token = ConfirmationToken(
        subscriber_id=subscriber_id,
        edition=edition,
        domain=letter.domain,
        mailbox=letter.mailbox,
        origin=letter.origin,
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
