"""Erasing a reader everywhere: her rows, and the address in the ledger of what she was sent."""

from datetime import datetime

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.recovery import UNOWNED
from digest.delivery.tables import Delivery, DeliveryState, Mailing
from digest.errors import NotFound
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
    async with app.store.write() as session:
        erased = await erase(session, app.keyring, parsed, now=now)
        if erased is None:
            raise NotFound(f"{parsed.text} is no reader, or erased already")
        await _forget_deliveries(session, erased.subscriber_id, now)
    return erased


async def _forget_deliveries(session: AsyncSession, subscriber_id: int, now: datetime) -> None:
    """Deliveries stay countable: what was not sent is skipped, of the rest the state remains.

    Replies go too, since relays like to repeat the address in them.
    """
    # By mailing, along the index that keeps a mailing to one row for each reader.
    found = await session.exec(
        select(Delivery.id)
        .where(
            col(Delivery.mailing_id).in_(select(Mailing.id)),
            col(Delivery.subscriber_id) == subscriber_id,
        )
        .with_for_update()  # a worker that takes one up now would come between the steps below
    )
    hers = update(Delivery).where(col(Delivery.id).in_(found.all()))
    for before, after in NOT_SENT_AGAIN.items():
        await session.exec(
            hers.where(col(Delivery.state) == before).values(
                state=after, not_before=None, **UNOWNED
            )
        )
    await session.exec(
        hers.values(address=f"erased-{subscriber_id}", reason="erased", updated_at=now)
    )
