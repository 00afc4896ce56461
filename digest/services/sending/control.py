"""Holding the wheel while an issue is sending: pause, resume, cancel.

The issue and its mailing change in one commit. From that commit on nothing more
is armed; what was armed before it is in flight and is told as such.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger import mailings
from digest.delivery.ledger.accounting import Accounting, account
from digest.delivery.ledger.recovery import skip_cancelled
from digest.delivery.states import MailingKind
from digest.delivery.tables import Mailing
from digest.issues import transitions
from digest.issues.lookup import get_issue
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.sending.housekeeping import follow
from digest.store import Queue
from schedules import slots
from schedules.states import SlotState
from schedules.tables import Slot


@dataclass(frozen=True)
class Steered:
    """The issue after the change, and its accounting at that moment, if it has a mailing."""

    issue: Issue
    accounting: Accounting | None


async def mailing_of(session: AsyncSession, issue: Issue) -> Mailing | None:
    """The issue's mailing, once it has begun to be sent."""
    return (
        await session.exec(
            select(Mailing)
            .where(Mailing.issue_id == issue.id, Mailing.kind == MailingKind.ISSUE)
            .order_by(col(Mailing.id).desc())
        )
    ).first()


async def pause(app: App, number: int, reason: str = "paused by the editor") -> Steered:
    """Stop sending until resumed; raises `Refused` unless the issue is sending."""
    return await _steer(app, number, IssueState.PAUSED, reason)


async def resume(app: App, number: int) -> Steered:
    """Go on sending; raises `Refused` unless the issue is paused."""
    return await _steer(app, number, IssueState.SENDING, None)


async def cancel(app: App, number: int, reason: str = "cancelled by the editor") -> Steered:
    """End an issue for good, whatever it has reached; what was accepted stays accepted."""
    return await _steer(app, number, IssueState.CANCELLED, reason)


async def _steer(app: App, number: int, after: IssueState, reason: str | None) -> Steered:
    now = app.clock()
    async with app.store.write(Queue.STEERING) as session:
        issue = await get_issue(session, number, lock=True)
        await follow(session, now)  # what the engine paused or finished a moment ago
        mailing = await mailing_of(session, issue)
        if after is IssueState.SENDING:
            await transitions.resume(session, issue)
        else:
            await transitions.transition(session, issue, after, now, state_reason=reason)
        if mailing is None or mailing.id is None:  # only a cancel can come before there is one
            await _skip_slot(session, issue, now)
            return Steered(issue, None)
        if after is IssueState.PAUSED:
            await mailings.pause(session, mailing.id, reason or "")
        elif after is IssueState.SENDING:
            await mailings.resume(session, mailing.id)
        else:
            await mailings.cancel(session, mailing.id, reason or "")
            await skip_cancelled(session, now)
        return Steered(issue, await account(session, mailing.id))


async def _skip_slot(session: AsyncSession, issue: Issue, now: datetime) -> None:
    """The slot of a cancelled issue stays empty; one that was missed stays told as such."""
    slot = await session.get(Slot, issue.slot_id) if issue.slot_id is not None else None
    if slot is not None and slot.state != SlotState.MISSED:
        await slots.skip(session, slot, f"issue {issue.number} was cancelled", now)
