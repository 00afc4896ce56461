"""Mail that waits for a relay while nobody has one: it must not wait in silence."""

import structlog
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger import mailings
from digest.delivery.states import MailingState, Route
from digest.delivery.tables import Mailing
from digest.issues.tables import Issue
from digest.services.sending.housekeeping import follow
from digest.services.sending.transactional import tell_editor
from digest.services.site import reaches_relay
from digest.store import Queue

REASON = (
    "nobody who runs has a relay; set DIGEST_SMTP_URL and restart, or start a `digest work` "
    "that has it, then `digest issues resume {}`"
)

log = structlog.get_logger("digest.delivery")


async def pause_stranded(app: App) -> list[int]:
    """Pause the issues that are on their way to a relay that nobody has; their numbers.

    For `serve` only: a command may well be run without the relay's password. So may a
    `serve` beside workers that have it, and then theirs is not paused.
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
            title = f"Issue {number} is paused"
            await tell_editor(session, app, title, [f"It is paused: {reason}."], now)
            log.error("paused", mailing=mailing_id, reason=reason)
            numbers.append(number)
        await follow(session, now)
    return numbers


async def count_waiting(session: AsyncSession) -> int:
    """How many mailings want a relay and are not finished."""
    query = select(func.count()).where(
        Mailing.route == Route.RELAY,
        col(Mailing.state).in_((MailingState.ACTIVE, MailingState.PAUSED)),
        col(Mailing.finished_at).is_(None),
    )
    return (await session.exec(query)).one()
