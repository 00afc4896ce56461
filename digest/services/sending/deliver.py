"""What an engine calls: the schedule's next steps, and the delivery of a mailing."""

import asyncio
from datetime import datetime

import structlog
from sqlmodel import and_, col, exists, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.sending.worker import Worker
from digest.delivery.states import DeliveryState, MailingState
from digest.delivery.tables import Delivery, Mailing
from digest.services.readers.signup import work_off_signups
from digest.services.schedule.advance import advance
from digest.store import BUSY

log = structlog.get_logger("digest.delivery")

LOOK_SECONDS = 1.0

AT_HAND = (DeliveryState.PENDING, DeliveryState.CLAIMED, DeliveryState.ARMED)
WAITING = (DeliveryState.DEFERRED, DeliveryState.UNKNOWN)


async def advance_schedule(app: App, worker: Worker) -> None:
    """Take the schedule's next steps, and send at once what they started."""
    await advance(app)
    worker.wake()


async def answer_signups(app: App, worker: Worker) -> None:
    """Work off the sign-ups of the last seconds, and mail their confirmations at once."""
    if await work_off_signups(app):
        worker.wake()


async def deliver_mailing(app: App, worker: Worker, mailing_id: int) -> None:
    """Keep this process's worker looking for work until nothing of a mailing is due.

    The ledger decides what it claims, and other workers share in it. If this is cancelled
    or never called, no mail is lost and hardly any is late.
    """
    log.info("mailing taken up", mailing=mailing_id)
    while await _is_due(app, mailing_id):
        worker.wake()
        await asyncio.sleep(LOOK_SECONDS)


async def _is_due(app: App, mailing_id: int) -> bool:
    try:
        async with app.store.read() as session:
            return await is_due(session, mailing_id, app.clock())
    except BUSY:
        return True  # unknown: look again in a second


async def is_due(session: AsyncSession, mailing_id: int, now: datetime) -> bool:
    """Whether anything of an active mailing can be sent now, or is being sent."""
    due = or_(
        col(Delivery.state).in_(AT_HAND),
        and_(col(Delivery.state).in_(WAITING), col(Delivery.not_before) <= now),
    )
    query = select(
        exists().where(
            col(Mailing.id) == mailing_id,
            col(Mailing.state) == MailingState.ACTIVE,
            col(Delivery.mailing_id) == col(Mailing.id),
            due,
        )
    )
    return bool((await session.exec(query)).one())
