"""Moving a reader to a new address."""

from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.states import DeliveryState
from digest.delivery.tables import Delivery
from digest.errors import NotFound, Refused
from digest.services.actor import Actor
from digest.services.result import Result
from digest.store import Queue
from subscribers import suppression
from subscribers.address import EmailAddress
from subscribers.moving import find_both, move

NOT_YET_SENT = (DeliveryState.PENDING, DeliveryState.DEFERRED)


class MovedReader(Result):
    """The reader, whose number stays, and their address from now on."""

    id: int
    address: str


async def move_reader(app: App, actor: Actor, old: EmailAddress, new: EmailAddress) -> MovedReader:
    """Give a reader a new address, with their consent and history, in one transaction.

    Mail that waits goes to the new address. Raises `NotFound` where the old address is no
    reader's, and `Refused` where the new one is somebody's, or is suppressed.
    """
    # Queued with approvals, so that no audience is frozen with the old address meanwhile.
    async with app.store.write(Queue.EDITING) as session:
        subscriber, other = await find_both(session, app.keyring, old, new)
        if subscriber is None or subscriber.id is None or subscriber.address is None:
            raise NotFound(f"{old.text} is not a reader")
        if other is not None and other.id != subscriber.id:
            raise Refused(
                f"{new.text} is a reader already, or was; see `digest readers show {new.text}`"
            )
        new_hash = app.keyring.address_hash(new.normalised)
        same = new_hash == subscriber.address_hash
        if not same and (reasons := await suppression.in_force(session, new_hash)):
            raise Refused(
                f"{new.text} is suppressed ({', '.join(sorted(reasons))}); nobody is moved there"
            )
        await move(session, app.keyring, subscriber, new, source=str(actor), now=app.clock())
        await _redirect(session, subscriber.id, new)
        return MovedReader(id=subscriber.id, address=new.text)


async def _redirect(session: AsyncSession, subscriber_id: int, new: EmailAddress) -> None:
    """What was not sent yet goes to the new address; what is on its way to the old one, there."""
    await session.exec(
        update(Delivery)
        .where(
            col(Delivery.subscriber_id) == subscriber_id,
            col(Delivery.state).in_([state.value for state in NOT_YET_SENT]),
        )
        .values(address=new.wire)
        .execution_options(synchronize_session=False)
    )
