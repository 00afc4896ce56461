"""Erasing a reader: their own rows, and their address in the ledger of what they were sent."""

from datetime import datetime

from sqlmodel import and_, col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.recovery import UNOWNED
from digest.delivery.ledger.refused import held_refusal
from digest.delivery.states import DeliveryState
from digest.delivery.tables import Delivery, Mailing
from digest.errors import NotFound
from digest.services.actor import Actor
from digest.services.result import Result
from digest.store import Queue
from subscribers.address import EmailAddress
from subscribers.erasure import Erased, erase

# Nothing more is sent; a copy that may have arrived is not tried a second time.
NOT_SENT_AGAIN = {
    DeliveryState.PENDING: DeliveryState.SKIPPED,
    DeliveryState.CLAIMED: DeliveryState.SKIPPED,
    DeliveryState.DEFERRED: DeliveryState.SKIPPED,
    DeliveryState.UNKNOWN: DeliveryState.HELD,
}


class ErasedReader(Result):
    """The number under which states and times remain."""

    id: int
    erased: bool = True


async def erase_reader(app: App, actor: Actor, address: EmailAddress) -> ErasedReader:
    """Erase a reader in one transaction. Raises `NotFound`."""
    now = app.clock()
    # Queued with approvals, so that no audience is frozen between the two steps below.
    async with app.store.write(Queue.EDITING) as session:
        source = f"{actor}, at the reader's request"
        erased = await erase(session, app.keyring, address, source=source, now=now)
        if erased is None:
            raise NotFound(f"{address.text} is not a reader, or has been erased already")
        await forget_deliveries(session, erased, now)
    return ErasedReader(id=erased.subscriber_id)


async def forget_deliveries(session: AsyncSession, erased: Erased, now: datetime) -> None:
    """Remove the address from all deliveries to the reader; their states stay countable.

    What was not sent yet is skipped. Reasons are replaced too, since relays like to repeat
    the address in their replies.
    """
    ids = await _lock_deliveries(session, erased)
    theirs = update(Delivery).where(col(Delivery.id).in_(ids))
    # Refused and held to be tried again: it never arrived, so it is not doubtful.
    await session.exec(theirs.where(held_refusal()).values(state=DeliveryState.SKIPPED))
    for before, after in NOT_SENT_AGAIN.items():
        await session.exec(
            theirs.where(col(Delivery.state) == before).values(
                state=after, not_before=None, **UNOWNED
            )
        )
    await session.exec(
        theirs.values(
            erased=True,
            # Unique in each mailing, as an address must be.
            address=f"erased-{erased.subscriber_id}",
            reason="erased",
            reply_code=None,
            enhanced_code=None,
            reply_kind=None,
            updated_at=now,
        )
    )


async def _lock_deliveries(session: AsyncSession, erased: Erased) -> list[int | None]:
    """The ids of all deliveries to the reader, locked until the transaction ends."""
    # Tests and notices have no reader, only an address, which may be this reader's.
    by_address = and_(
        col(Delivery.subscriber_id).is_(None),
        func.lower(Delivery.address) == func.lower(erased.wire),
    )
    ids: list[int | None] = []
    for condition in (col(Delivery.subscriber_id) == erased.subscriber_id, by_address):
        found = await session.exec(
            select(Delivery.id)
            # By mailing, along the index that keeps a mailing to one row for each reader.
            .where(col(Delivery.mailing_id).in_(select(Mailing.id)), condition)
            # A worker that claimed one now would come between the two updates that follow.
            .with_for_update()
        )
        ids += found.all()
    return ids
