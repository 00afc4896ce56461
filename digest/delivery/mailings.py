"""Mailings: their rows are written whole, in the caller's transaction."""

from collections.abc import Sequence

from sqlalchemy import insert
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.tables import Delivery, DeliveryState, Mailing, MailingState
from digest.errors import NotFound
from subscribers.audience import audience
from subscribers.keys import Keyring

ROWS_PER_INSERT = 5_000

Recipient = tuple[int | None, str]


class Postmark:
    """Makes Message-IDs: a keyed hash of mailing and reader, so the same on every try."""

    def __init__(self, keyring: Keyring, domain: str) -> None:
        self._keyring, self._domain = keyring, domain

    def message_id(self, mailing_id: int, address: str) -> str:
        """RFC 5322 section 3.6.4; tells nothing of the reader to those without the key."""
        left = self._keyring.derive("message-id", f"{mailing_id}:{address}")
        return f"<{left}@{self._domain}>"


async def open_mailing(
    session: AsyncSession, mailing: Mailing, recipients: Sequence[Recipient], postmark: Postmark
) -> Mailing:
    """Store a mailing with one pending delivery for each (subscriber id, address)."""
    session.add(mailing)
    await session.flush()
    await _insert(session, mailing, recipients, postmark)
    return mailing


async def freeze_audience(session: AsyncSession, mailing: Mailing, postmark: Postmark) -> Mailing:
    """Store a mailing with one delivery for each active reader of its edition, as of now.

    Sign-ups and unsubscribes that commit before this transaction are in it; later
    ones are not, and later unsubscribes are honoured when the delivery is armed.
    """
    assert mailing.edition
    session.add(mailing)
    await session.flush()
    readers = await session.stream(audience(mailing.edition))
    async for chunk in readers.partitions(ROWS_PER_INSERT):
        await _insert(session, mailing, [(row[0], row[1] or "") for row in chunk], postmark)
    return mailing


async def _insert(
    session: AsyncSession, mailing: Mailing, recipients: Sequence[Recipient], postmark: Postmark
) -> None:
    assert mailing.id is not None
    rows = [
        {
            "mailing_id": mailing.id,
            "subscriber_id": subscriber_id,
            "address": address,
            "variant": "all",
            "state": DeliveryState.PENDING,
            "attempts": 0,
            "unknowns": 0,
            "message_id": postmark.message_id(mailing.id, address),
            "updated_at": mailing.created_at,
        }
        for subscriber_id, address in recipients
    ]
    await session.exec(insert(Delivery), params=rows)


async def pause(session: AsyncSession, mailing_id: int, reason: str) -> bool:
    """Stop arming from the next commit on; False if it was not active."""
    return await _turn(session, mailing_id, (MailingState.ACTIVE,), MailingState.PAUSED, reason)


async def resume(session: AsyncSession, mailing_id: int) -> bool:
    """Let a paused mailing arm again; False if it was not paused."""
    return await _turn(session, mailing_id, (MailingState.PAUSED,), MailingState.ACTIVE, None)


async def cancel(session: AsyncSession, mailing_id: int, reason: str) -> bool:
    """End a mailing for good; `recovery` skips what is not yet armed."""
    running = (MailingState.ACTIVE, MailingState.PAUSED)
    return await _turn(session, mailing_id, running, MailingState.CANCELLED, reason)


async def _turn(
    session: AsyncSession,
    mailing_id: int,
    before: tuple[MailingState, ...],
    after: MailingState,
    reason: str | None,
) -> bool:
    result = await session.exec(
        update(Mailing)
        .where(col(Mailing.id) == mailing_id, col(Mailing.state).in_(before))
        .values(state=after, state_reason=reason)
    )
    return result.rowcount == 1


async def get_mailing(session: AsyncSession, mailing_id: int) -> Mailing:
    """One mailing; raises `NotFound`."""
    mailing = await session.get(Mailing, mailing_id)
    if mailing is None:
        raise NotFound(f"there is no mailing {mailing_id}")
    return mailing
