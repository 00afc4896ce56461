"""Mailings: stored together with all their deliveries, in the caller's transaction."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, insert, literal
from sqlmodel import UTCDateTime, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases import dialect_of
from digest.databases.transitions import move_state
from digest.delivery.ledger.refused import release_held
from digest.delivery.outcomes import printable
from digest.delivery.payloads import issue_number
from digest.delivery.states import DeliveryState, MailingKind, MailingState, Route
from digest.delivery.tables import Delivery, Mailing
from digest.errors import NotFound
from subscribers.audience import audience

Recipient = tuple[int | None, str]

UNTOUCHED: dict[str, Any] = {
    "variant": "all",
    "state": DeliveryState.PENDING.value,
    "attempts": 0,
    "unknowns": 0,
}


async def open_mailing(
    session: AsyncSession, mailing: Mailing, recipients: Sequence[Recipient]
) -> Mailing:
    """Store a mailing with one pending delivery for each (subscriber id, address)."""
    mailing_id = await _store(session, mailing)
    rows = [
        {
            "mailing_id": mailing_id,
            "subscriber_id": subscriber_id,
            "address": address,
            "updated_at": mailing.created_at,
            **UNTOUCHED,
        }
        for subscriber_id, address in recipients
    ]
    await session.exec(insert(Delivery), params=rows)
    return mailing


async def freeze_audience(session: AsyncSession, mailing: Mailing) -> Mailing:
    """Store a mailing with one delivery for each active reader of its edition, as of now.

    Confirmations and unsubscribes that committed before count. Later confirmations wait
    for the next issue; later unsubscribes are respected when the delivery is armed.
    """
    assert mailing.edition
    mailing_id = await _store(session, mailing)
    same: dict[str, ColumnElement[Any]] = {
        "mailing_id": literal(mailing_id),
        "updated_at": literal(mailing.created_at, UTCDateTime()),
        **{name: literal(value) for name, value in UNTOUCHED.items()},
    }
    # INSERT … SELECT: a million rows are made in seconds, and none passes through this process.
    rows = audience(mailing.edition).add_columns(*same.values())
    await session.exec(insert(Delivery).from_select(["subscriber_id", "address", *same], rows))
    await dialect_of(session).refresh_statistics(session, "mailing", "delivery")
    return mailing


async def _store(session: AsyncSession, mailing: Mailing) -> int:
    session.add(mailing)
    await session.flush()
    assert mailing.id is not None
    return mailing.id


async def pause(session: AsyncSession, mailing_id: int, reason: str) -> bool:
    """Deny arms from the next commit on; False if the mailing was not active."""
    return await _move(session, mailing_id, (MailingState.ACTIVE,), MailingState.PAUSED, reason)


async def resume(session: AsyncSession, mailing_id: int) -> bool:
    """Let a paused mailing be sent again, to those it was refused too; False if not paused."""
    paused = (MailingState.PAUSED,)
    resumed = await _move(session, mailing_id, paused, MailingState.ACTIVE, None)
    if resumed:
        await release_held(session, mailing_id)
    return resumed


async def cancel(session: AsyncSession, mailing_id: int, reason: str) -> bool:
    """End a mailing for good; `recovery` then skips what is not armed. False if it had ended."""
    running = (MailingState.ACTIVE, MailingState.PAUSED)
    return await _move(session, mailing_id, running, MailingState.CANCELLED, reason)


async def _move(
    session: AsyncSession,
    mailing_id: int,
    before: tuple[MailingState, ...],
    after: MailingState,
    reason: str | None,
) -> bool:
    state_reason = reason and printable(reason)
    return await move_state(
        session, Mailing, mailing_id, before=before, after=after, state_reason=state_reason
    )


async def list_active(
    session: AsyncSession, route: Route, kinds: Collection[MailingKind]
) -> list[tuple[int, int | None]]:
    """The mailings of these kinds that are being sent on a route, each with its issue's number."""
    found = await session.exec(
        select(Mailing).where(
            col(Mailing.finished_at).is_(None),
            col(Mailing.state) == MailingState.ACTIVE,
            col(Mailing.route) == route,
            col(Mailing.kind).in_(kinds),
        )
    )
    return [(mailing.id or 0, issue_number(mailing)) for mailing in found]


async def anybody_accepted(session: AsyncSession, mailing_id: int) -> bool:
    """Whether the relay has accepted a mailing for at least one recipient."""
    accepted = exists().where(
        col(Delivery.mailing_id) == mailing_id, col(Delivery.state) == DeliveryState.ACCEPTED
    )
    return bool((await session.exec(select(accepted))).one())


async def get_mailing(session: AsyncSession, mailing_id: int) -> Mailing:
    """One mailing; raises `NotFound`."""
    mailing = await session.get(Mailing, mailing_id)
    if mailing is None:
        raise NotFound(f"there is no mailing {mailing_id}")
    return mailing
