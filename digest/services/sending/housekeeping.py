"""What a worker does every few seconds: tidy the ledger, and update issues from their mailings."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.guards.heartbeat import beat
from digest.delivery.guards.liveness import Liveness
from digest.delivery.ledger.recovery import Tidied, tidy
from digest.delivery.states import MailingState
from digest.delivery.tables import Mailing
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.issues.transitions import transition
from digest.services.sending.notices import notify_of_end, notify_of_pause, report_notices
from digest.store import Queue


async def housekeep(app: App, liveness: Liveness) -> Tidied:
    """Do one round, in one transaction."""
    now = app.clock()
    async with app.store.write(Queue.STEERING) as session:
        # First, because only time that the installation has lived through makes mail late:
        # a clock that jumps ahead must not expire a whole issue.
        lived = await beat(session, now, app.uptime())
        tidied = await tidy(session, liveness, now, expire_by=lived)
        await follow(session, app, now)
        await report_notices(session, tidied.finished)
    return tidied


async def follow(session: AsyncSession, app: App, now: datetime) -> None:
    """Move each issue to the state its mailing has reached: paused by a worker, or ended.

    What the engine decided is told to the editor in the same commit, so exactly once.
    """
    rows = await session.exec(
        select(Issue, Mailing)
        .join(Mailing, col(Mailing.issue_id) == col(Issue.id))
        .where(col(Issue.state).in_((IssueState.SENDING, IssueState.PAUSED)))
    )
    for issue, mailing in rows.all():
        if mailing.state == MailingState.FINISHED:
            await transition(session, issue, IssueState.SENT, now, finished_at=mailing.finished_at)
        elif mailing.state == MailingState.CANCELLED:  # hardly anybody accepted it
            await transition(
                session, issue, IssueState.CANCELLED, now, state_reason=mailing.state_reason
            )
            await notify_of_end(session, app, issue.number, mailing.state_reason, now)
        elif mailing.state == MailingState.PAUSED and issue.state == IssueState.SENDING:
            await transition(
                session, issue, IssueState.PAUSED, now, state_reason=mailing.state_reason
            )
            await notify_of_pause(session, app, issue.number, mailing.state_reason, now)
