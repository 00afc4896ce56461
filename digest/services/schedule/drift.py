"""Tells the editor of slots that go out at another local time than was wanted."""

from datetime import datetime

from sqlmodel import col, or_, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.issues.lookup import issue_of_slot
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.sending.transactional import notify_editor
from schedules import slots
from schedules.drift import drift_note, wanted_instant
from schedules.tables import Edition, Slot
from schedules.words import when

APPROVED = (IssueState.APPROVED, IssueState.SCHEDULED)


def time_note(edition: Edition, slot: Slot, issue: Issue | None, now: datetime) -> str | None:
    """Why a slot's local time is not what was wanted, and what moves it; None if it is."""
    alive = issue if issue is not None and issue.state != IssueState.CANCELLED else None
    return drift_note(
        edition,
        slot,
        now,
        issue=alive.number if alive else None,
        approved=alive is not None and alive.state in APPROVED,
    )


async def notify_of_drift(session: AsyncSession, app: App, edition: Edition, now: datetime) -> None:
    """Mail a notice about each such slot to come, once for each time that was wanted."""
    for slot in await slots.upcoming(session, edition, now):
        assert slot.id is not None
        note = time_note(edition, slot, await issue_of_slot(session, slot.id), now)
        if note and slot.send_at > now and await _mark_noticed(session, edition, slot):
            at = when(slot.send_at, edition.zone, now)
            subject = f"{edition.name}: the issue of {slot.local_date} goes out {at}"
            await notify_editor(session, app, subject, [f"{note}."], now)


async def _mark_noticed(session: AsyncSession, edition: Edition, slot: Slot) -> bool:
    """True if this call did it: the editor is told by one process only."""
    wanted = wanted_instant(edition, slot)
    assert wanted is not None
    noticed = col(Slot.noticed_for)
    marked = await session.exec(
        update(Slot)
        .where(col(Slot.id) == slot.id, or_(noticed.is_(None), noticed != wanted.at_utc))
        .values(noticed_for=wanted.at_utc)
        .execution_options(synchronize_session=False)
    )
    return marked.rowcount == 1
