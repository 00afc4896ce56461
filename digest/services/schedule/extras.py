"""Sending extra issues, those without a slot, at their own hour."""

from datetime import datetime, timedelta

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from digest.app import App
from digest.errors import DigestError, Refused
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.issues.drafts import edition_of
from digest.services.preflight.gate import StillChanging, act_on_inspected
from digest.services.preflight.inspection import Inspection
from digest.services.sending.start import require_sendable, start_sending
from digest.services.sending.transactional import notify_editor
from digest.store import Queue

log = structlog.get_logger("digest.calendar")


async def send_due_extras(app: App, now: datetime) -> None:
    """Start the sending of each extra issue whose hour has come; one that fails stops no other."""
    async with app.store.read() as session:
        issues = list(await session.exec(_extras_due(now)))
    for issue in issues:
        try:
            await _send_or_notify(app, issue, now)
        except Exception:  # a bug must not keep the other issues from their hour
            log.exception("extra issue failed; the next tick tries again", issue=issue.number)


def _extras_due(now: datetime) -> SelectOfScalar[Issue]:
    return select(Issue).where(
        Issue.state == IssueState.SCHEDULED,
        col(Issue.slot_id).is_(None),
        col(Issue.send_at) <= now,
    )


async def _send_or_notify(app: App, issue: Issue, now: datetime) -> None:
    try:
        await _send_extra(app, issue.number, now)
    except StillChanging as changing:  # an editor is at work on it
        log.info("extra issue left for the next tick", issue=issue.number, reason=str(changing))
    except DigestError as error:
        await _notify_once(app, issue, str(error), now)


async def _send_extra(app: App, number: int, now: datetime) -> None:
    """Start an extra issue within its grace, unless another process or an editor was faster."""

    async def precheck(session: AsyncSession, issue: Issue) -> None:
        # Without this an extra issue that cannot be sent would be checked again at every tick.
        if await _is_due(session, issue, now):
            await require_sendable(session, app, issue, to_inbox=False)

    async def act(session: AsyncSession, issue: Issue, inspection: Inspection) -> None:
        if await _is_due(session, issue, now):
            await start_sending(session, app, issue, inspection, to_inbox=False, now=now)

    await act_on_inspected(app, number, act, precheck=precheck)


async def _is_due(session: AsyncSession, issue: Issue, now: datetime) -> bool:
    """False if another process or an editor was faster; raises `Refused` after its grace."""
    due = (await session.exec(_extras_due(now).where(Issue.id == issue.id))).first()
    if due is None or due.send_at is None:
        return False
    edition = await edition_of(session, due)
    if now > due.send_at + timedelta(hours=edition.grace_hours):
        raise Refused(
            f"it was not sent within {edition.grace_hours} h of its time; "
            f"`digest issues send {due.number}` sends it now"
        )
    return True


async def _notify_once(app: App, seen: Issue, reason: str, now: datetime) -> None:
    """Notify the editor once of each reason; every tick tries the issue again."""
    async with app.store.write(Queue.EDITING) as session:
        issue = (await session.exec(_extras_due(now).where(Issue.id == seen.id))).first()
        if issue is None or issue.state_reason == reason:
            return
        log.error("extra issue not sent", issue=issue.number, reason=reason)
        issue.state_reason = reason
        session.add(issue)
        await notify_editor(session, app, f"Issue {issue.number} could not be sent", [reason], now)
