"""Erasing a reader everywhere: her rows, and the address in the ledger of what she was sent."""

from datetime import datetime

from sqlmodel import and_, col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.recovery import UNOWNED
from digest.delivery.states import DeliveryState
from digest.delivery.tables import Delivery, Mailing
from digest.errors import NotFound
from digest.store import Queue
from subscribers.address import EmailAddress
from subscribers.erasure import Erased, erase

NOT_SENT_AGAIN = {
    DeliveryState.PENDING: DeliveryState.SKIPPED,
    DeliveryState.CLAIMED: DeliveryState.SKIPPED,
    DeliveryState.DEFERRED: DeliveryState.SKIPPED,
    DeliveryState.UNKNOWN: DeliveryState.HELD,
}


async def erase_reader(app: App, *, address: str) -> Erased:
    """Erase a reader in one transaction. Raises `InvalidAddress` or `NotFound`."""
    parsed = EmailAddress.parse(address)
    now = app.clock()
    async with app.store.write(Queue.EDITING) as session:  # no audience is frozen meanwhile
        erased = await erase(session, app.keyring, parsed, now=now)
        if erased is None:
            raise NotFound(f"{parsed.text} is no reader, or erased already")
        await _forget_deliveries(session, erased, now)
    return erased


async def _forget_deliveries(session: AsyncSession, erased: Erased, now: datetime) -> None:
    """Deliveries stay countable: what was not sent is skipped, of the rest the state remains.

    Replies go too, since relays like to repeat the address in them.
    """
    # A test and a notice go to an address, whoever it belongs to.
    hers_by_address = and_(
        col(Delivery.subscriber_id).is_(None),
        func.lower(Delivery.address) == func.lower(erased.wire),
    )
    ids: list[int | None] = []
    for condition in (col(Delivery.subscriber_id) == erased.subscriber_id, hers_by_address):
        found = await session.exec(
            select(Delivery.id)
            # By mailing, along the index that keeps a mailing to one row for each reader.
            .where(col(Delivery.mailing_id).in_(select(Mailing.id)), condition)
            .with_for_update()  # a worker that takes one up now would come between the steps below
        )
        ids += found.all()
    hers = update(Delivery).where(col(Delivery.id).in_(ids))
    for before, after in NOT_SENT_AGAIN.items():
        await session.exec(
            hers.where(col(Delivery.state) == before).values(
                state=after, not_before=None, **UNOWNED
            )
        )
    await session.exec(
        hers.values(address=f"erased-{erased.subscriber_id}", reason="erased", updated_at=now)
    )
