"""An issue's way from draft to inbox: compose, edit, approve, schedule, send."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import Refused, UsageError
from digest.issues import editing
from digest.issues.composing import Composed, compose_extra, compose_for, require_current_items
from digest.issues.editing import Edit
from digest.issues.freezing import approval, store_frozen
from digest.issues.lookup import get_issue
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.issues.transitions import transition
from digest.services.issues.drafts import IssueDraft, edition_of
from digest.services.preflight.gate import (
    PreflightFailed,
    checked_first,
    require_preflight,
    verified,
)
from digest.services.preflight.inspection import Inspection
from digest.services.preflight.network import UNANSWERED
from digest.services.sending.transactional import tell_editor
from digest.store import Queue
from previews.preflight.finding import Finding
from schedules import slots
from schedules.editions import get_edition
from schedules.states import Approval, SlotState
from schedules.tables import Edition, Slot

log = structlog.get_logger("digest.publishing")

ENGINE = "the edition's automatic approval"


@dataclass(frozen=True)
class Composition:
    """What composing led to: a draft, or a skipped slot with the reason."""

    issue: Issue
    slot: Slot | None
    included: int
    skipped: str | None


@dataclass(frozen=True)
class Approved:
    """An issue, and what the network was asked about it and did not answer."""

    issue: Issue
    unanswered: tuple[Finding, ...]


async def compose(
    app: App, edition_slug: str, *, slot_date: date | None = None, extra: bool = False
) -> Composition:
    """Compose the next planned slot, the slot of a date, or an extra issue."""
    composing = partial(_compose, app, edition_slug, slot_date, extra)
    return await checked_first(app, composing)


async def _compose(
    app: App, edition_slug: str, slot_date: date | None, extra: bool, inspected: Inspection | None
) -> Composition:
    now = app.clock()
    async with app.store.write(Queue.EDITING) as session:
        edition = await get_edition(session, edition_slug)
        if extra:
            today = now.astimezone(ZoneInfo(edition.zone)).date()
            made = await compose_extra(session, edition, today, now)
            if made.shortfall:
                raise Refused(made.shortfall)
            return Composition(made.issue, None, made.included, None)
        await slots.plan(session, edition, now)
        slot = await _slot_for(session, edition, slot_date, now)
        return await compose_slot(session, app, edition, slot, now, inspected)


async def _slot_for(
    session: AsyncSession, edition: Edition, slot_date: date | None, now: datetime
) -> Slot:
    if slot_date is not None:
        return await slots.slot_on(session, edition, slot_date)
    for slot in await slots.upcoming(session, edition, now):
        if slot.state in (SlotState.PLANNED, SlotState.COMPOSED, SlotState.HELD):
            return slot
    raise Refused(f"{edition.slug} has no planned slot; see `digest schedule show`")


async def compose_slot(
    session: AsyncSession,
    app: App,
    edition: Edition,
    slot: Slot,
    now: datetime,
    inspected: Inspection | None,
) -> Composition:
    """Compose a slot's issue; too little to say makes the slot skipped, and the editor told.

    An automatic approval raises `NotChecked` unless the issue was `inspected` as it now is.
    """
    if slot.state == SlotState.SENT:
        raise Refused(f"the slot of {slot.local_date} was sent")
    if slot.state in (SlotState.SKIPPED, SlotState.MISSED):
        raise Refused(
            f"the slot of {slot.local_date} was {slot.state}: {slot.reason}; "
            f"bring it back with `digest schedule run-anyway {slot.local_date}` first"
        )
    made: Composed = await compose_for(session, edition, slot, now)
    if made.shortfall:
        await slots.skip(session, slot, made.shortfall, now)
        await tell_editor(
            session,
            app,
            f"{edition.name}: no issue on {slot.local_date}",
            [
                f"The slot was skipped: {made.shortfall}.",
                f"To send it all the same: digest schedule run-anyway {slot.local_date}",
            ],
            now,
        )
        return Composition(made.issue, slot, made.included, made.shortfall)
    await slots.mark_composed(session, slot, now)
    if edition.approval == Approval.AUTOMATIC:
        await _approve_or_tell(session, app, edition, made.issue, now, inspected)
    return Composition(made.issue, slot, made.included, None)


async def _approve_or_tell(
    session: AsyncSession,
    app: App,
    edition: Edition,
    issue: Issue,
    now: datetime,
    inspected: Inspection | None,
) -> None:
    """An automatic approval that preflight stops leaves a draft, and the editor told."""
    try:
        approved = await _approve_in(session, app, issue, inspected, by=ENGINE, now=now)
        for finding in approved.unanswered:
            log.warning("not checked", issue=issue.number, code=finding.code, what=finding.detail)
    except PreflightFailed as failed:
        subject = f"{edition.name}: issue {issue.number} is not approved"
        await tell_editor(session, app, subject, [f"{failed}."], now)


async def edit(app: App, number: int, change: Edit | None) -> Composed:
    """Change an issue; None only reopens it. Voids an approval."""
    now = app.clock()
    async with app.store.write(Queue.EDITING) as session:
        issue = await get_issue(session, number)
        edition = await edition_of(session, issue)
        return await editing.apply(session, edition, issue, change or Edit(), now)


async def approve(app: App, number: int, *, by: str, expected: str | None = None) -> Approved:
    """Freeze an issue; `expected` (a hash, or its first digits) must be what was looked at."""

    async def work(inspected: Inspection | None) -> Approved:
        now = app.clock()
        async with app.store.write(Queue.EDITING) as session:
            issue = await get_issue(session, number)
            return await _approve_in(
                session, app, issue, inspected, by=by, now=now, expected=expected
            )

    return await checked_first(app, work)


async def _approve_in(
    session: AsyncSession,
    app: App,
    issue: Issue,
    inspected: Inspection | None,
    *,
    by: str,
    now: datetime,
    expected: str | None = None,
) -> Approved:
    """Approve within a transaction; a slot's issue is scheduled for its slot at once."""
    if issue.state != IssueState.DRAFT:
        await transition(session, issue, IssueState.APPROVED, now)  # refuses, and says what it is
    seconds = app.settings.approval_network_seconds
    checked = await verified(session, app, issue, inspected, network_seconds=seconds)
    _require_expected(issue, checked, expected)
    await require_current_items(session, issue)
    frozen = await require_preflight(session, issue, checked)
    draft = checked.seen.found
    assert isinstance(draft, IssueDraft)
    await transition(session, issue, IssueState.APPROVED, now, **approval(frozen, by, now))
    await store_frozen(session, issue, frozen, draft.templates)
    if issue.slot_id is not None:
        await transition(session, issue, IssueState.SCHEDULED, now)
        await _release(session, await edition_of(session, issue), issue.slot_id, now)
    unanswered = [found for found in checked.preflight.findings if found.code in UNANSWERED]
    return Approved(issue, tuple(unanswered))


def _require_expected(issue: Issue, checked: Inspection, expected: str | None) -> None:
    hash_ = checked.frozen.hash if checked.frozen else None
    if expected and hash_ and not hash_.startswith(expected):
        raise Refused(
            f"issue {issue.number} has changed since: its hash is {hash_[:12]}, "
            f"not {expected[:12]}; look at it again"
        )


async def _release(session: AsyncSession, edition: Edition, slot_id: int, now: datetime) -> None:
    """A slot held for want of this approval goes on, if its grace has not passed."""
    slot = await session.get_one(Slot, slot_id)
    in_time = now <= slot.send_at + timedelta(hours=edition.grace_hours)
    if slot.state == SlotState.HELD and in_time:
        await slots.run_anyway(session, slot, now, composed=True)


async def schedule(app: App, number: int, at: datetime) -> Issue:
    """Send an approved issue at an instant of its own."""
    now = app.clock()
    if at <= now:
        raise UsageError("that time is in the past; `digest issues send` sends now")

    async def work(inspected: Inspection | None) -> Issue:
        async with app.store.write(Queue.EDITING) as session:
            issue = await get_issue(session, number)
            await transition(
                session, issue, IssueState.SCHEDULED, now, send_at=at, state_reason=None
            )
            checked = await verified(session, app, issue, inspected)
            await require_preflight(session, issue, checked)
            if issue.slot_id is not None:
                await slots.move(session, issue.slot_id, at, now)
            return issue

    return await checked_first(app, work)
