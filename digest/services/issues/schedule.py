"""Scheduling an approved issue for a time of its own."""

from datetime import UTC, datetime

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import UsageError
from digest.issues.lookup import get_issue
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.issues.transitions import transition
from digest.services.actor import Actor
from digest.services.issues.drafts import edition_of
from digest.services.issues.show import IssueDetails, show_issue
from digest.services.preflight.gate import act_on_inspected, require_preflight
from digest.services.preflight.inspection import Inspection
from schedules import slots
from schedules.cadence import find_instant, require_plausible
from schedules.tables import Slot
from schedules.zones import read_zone

log = structlog.get_logger("digest.issues")


class ScheduledIssue(IssueDetails):
    """The issue after scheduling; `note` says if clocks are set at the requested time."""

    note: str | None


async def schedule_issue(
    app: App, actor: Actor, number: int, at: datetime | None = None
) -> ScheduledIssue:
    """Send an approved issue at a time of its own; None: at its slot.

    A naive `at` is wall-clock time in the zone of the issue's edition. Raises `UsageError` for a
    time in the past or none at all, `Refused` unless the issue is approved, `PreflightFailed`.
    """
    now = app.clock()
    async with app.store.read() as session:
        issue = await get_issue(session, number)
        edition = await edition_of(session, issue)
        slot = await session.get(Slot, issue.slot_id) if issue.slot_id is not None else None
    instant, note = _instant(at or (slot.send_at if slot else issue.send_at), edition.zone)
    if instant <= now:
        raise UsageError("that time is in the past; `digest issues send` sends now")

    async def act(session: AsyncSession, issue: Issue, inspection: Inspection) -> None:
        await require_preflight(session, issue, inspection)
        await transition(
            session, issue, IssueState.SCHEDULED, now, send_at=instant, state_reason=None
        )
        if issue.slot_id is not None:
            given = at.isoformat() if at else None
            await slots.move(session, issue.slot_id, instant, now, moved_to=given)

    await act_on_inspected(app, number, act, becoming=IssueState.SCHEDULED, send_at=instant)
    log.info("issue scheduled", issue=number, at=instant.isoformat(), by=str(actor))
    shown = await show_issue(app, number)
    return ScheduledIssue(**dict(shown), note=note)


def _instant(at: datetime | None, zone: str) -> tuple[datetime, str | None]:
    """The instant in UTC, and a note where the clocks skip that wall-clock time, or repeat it."""
    if at is None:
        raise UsageError("an issue outside the calendar needs --at")
    require_plausible(at)
    if at.tzinfo is not None:
        return at.astimezone(UTC), None
    found = find_instant(at, read_zone(zone))
    return found.at_utc, found.note
