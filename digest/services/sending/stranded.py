"""Mail that waits for a relay while no running process has one: somebody must know."""

import structlog
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger import mailings
from digest.delivery.states import MailingState, Route
from digest.delivery.tables import Mailing
from digest.issues.tables import Issue
from digest.services.sender_details import reaches_relay
from digest.services.sending.housekeeping import follow
from digest.store import Queue

REASON = (
    "no running process has a relay; set DIGEST_SMTP_URL and restart, or start a `digest work` "
    "that has one, then `digest issues resume {}`"
)

log = structlog.get_logger("digest.delivery")


async def pause_stranded(app: App) -> list[int]:
    """Pause the issues on their way to a relay that no process has; returns their numbers.

    For `serve` only: a command is often run without the relay's password. A `serve` may be
    too, beside workers that have it; then nothing is paused.
    """
    if reaches_relay(app):
        return []
    now, numbers = app.clock(), []
    async with app.store.write(Queue.STEERING) as session:
        waiting = (
            select(Mailing.id, Issue.number)
            .join(Issue, col(Issue.id) == col(Mailing.issue_id))
            .where(Mailing.route == Route.RELAY, Mailing.state == MailingState.ACTIVE)
        )
        for mailing_id, number in (await session.exec(waiting)).all():
            assert mailing_id is not None
            reason = REASON.format(number)
            await mailings.pause(session, mailing_id, reason)
            log.error("paused", mailing=mailing_id, reason=reason)
            numbers.append(number)
        await follow(session, app, now)
    return numbers


async def count_waiting(session: AsyncSession) -> int:
    """How many mailings need a relay and are not finished."""
    query = select(func.count()).where(
        Mailing.route == Route.RELAY,
        col(Mailing.state).in_((MailingState.ACTIVE, MailingState.PAUSED)),
        col(Mailing.finished_at).is_(None),
    )
    return (await session.exec(query)).one()
