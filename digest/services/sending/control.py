"""Controlling an issue while it is being sent: pause, resume, cancel.

The issue and its mailing change in one commit. From that commit on nothing more is
armed; what was armed before it is in flight and is counted as such.
"""

from datetime import datetime

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger import mailings
from digest.delivery.ledger.accounting import Accounting, account
from digest.delivery.ledger.recovery import skip_cancelled
from digest.delivery.states import MailingKind, Route
from digest.delivery.tables import Mailing
from digest.issues import transitions
from digest.issues.lookup import get_issue
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.actor import Actor
from digest.services.installation.running import not_running
from digest.services.sending.counted import CountedResult
from digest.services.sending.housekeeping import follow
from digest.store import Queue
from schedules import slots
from schedules.states import SlotState
from schedules.tables import Slot

log = structlog.get_logger("digest.issues")


class ControlledIssue(CountedResult):
    """An issue after the change, and its counts at that moment if its sending had begun.

    `not_running`: what is missing for a resumed one to go out.
    """

    number: int
    state: IssueState
    accounting: Accounting | None
    not_running: str | None = None


async def pause_issue(
    app: App, actor: Actor, number: int, reason: str = "paused by the editor"
) -> ControlledIssue:
    """Stop sending until resumed; raises `Refused` unless the issue is being sent."""
    return await _change(app, actor, number, IssueState.PAUSED, reason)


async def resume_issue(app: App, actor: Actor, number: int) -> ControlledIssue:
    """Continue sending; raises `Refused` unless the issue is paused."""
    return await _change(app, actor, number, IssueState.SENDING, None)


async def cancel_issue(
    app: App, actor: Actor, number: int, reason: str = "cancelled by the editor"
) -> ControlledIssue:
    """End an issue for good, in whatever state it is; what was accepted stays accepted."""
    return await _change(app, actor, number, IssueState.CANCELLED, reason)


async def mailing_of(session: AsyncSession, issue: Issue) -> Mailing | None:
    """The issue's mailing, once its sending has begun."""
    return (
        await session.exec(
            select(Mailing)
            .where(Mailing.issue_id == issue.id, Mailing.kind == MailingKind.ISSUE)
            .order_by(col(Mailing.id).desc())
        )
    ).first()


async def _change(
    app: App, actor: Actor, number: int, after: IssueState, reason: str | None
) -> ControlledIssue:
    now = app.clock()
    async with app.store.write(Queue.STEERING) as session:
        issue = await get_issue(session, number, lock=True)
        # The worker may have paused or finished the mailing a moment ago: the issue catches
        # up first, so that the editor's change is judged by the state that is really there.
        await follow(session, app, now)
        mailing = await mailing_of(session, issue)
        if after is IssueState.SENDING:
            await transitions.resume(session, issue)
        else:
            await transitions.transition(session, issue, after, now, state_reason=reason)
        if mailing is None or mailing.id is None:  # only a cancel can come before there is one
            await _skip_slot(session, issue, now)
            counts = missing = None
        else:
            await _change_mailing(session, mailing.id, after, reason or "", now)
            counts = await account(session, mailing.id)
            resumed = after is IssueState.SENDING
            route = Route(mailing.route)
            missing = await not_running(session, app.store, now, route) if resumed else None
        state = IssueState(issue.state)
        changed = ControlledIssue(
            number=number, state=state, accounting=counts, not_running=missing
        )
    log.info("issue changed", issue=number, state=str(after), by=str(actor))
    return changed


async def _change_mailing(
    session: AsyncSession, mailing_id: int, after: IssueState, reason: str, now: datetime
) -> None:
    if after is IssueState.PAUSED:
        await mailings.pause(session, mailing_id, reason)
    elif after is IssueState.SENDING:
        await mailings.resume(session, mailing_id)
    else:
        await mailings.cancel(session, mailing_id, reason)
        await skip_cancelled(session, now)


async def _skip_slot(session: AsyncSession, issue: Issue, now: datetime) -> None:
    """Leave the slot of a cancelled issue empty; a missed slot stays recorded as missed."""
    slot = await session.get(Slot, issue.slot_id) if issue.slot_id is not None else None
    if slot is not None and slot.state != SlotState.MISSED:
        await slots.skip(session, slot, f"issue {issue.number} was cancelled", now)
