"""Approving an issue: its content and bytes are frozen under the hash that was inspected."""

from datetime import datetime, timedelta

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import Refused
from digest.issues.composing import outdated_items, require_current_items
from digest.issues.freezing import approval, store_frozen
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.issues.transitions import transition
from digest.services.actor import ENGINE, Actor
from digest.services.issues.drafts import IssueDraft, edition_of
from digest.services.issues.show import IssueDetails, show_issue
from digest.services.preflight.gate import (
    PreflightFailed,
    StillChanging,
    act_on_inspected,
    require_preflight,
)
from digest.services.preflight.inspection import Inspection
from digest.services.preflight.network import UNANSWERED
from digest.services.sending.transactional import notify_editor
from previews.preflight.finding import Finding
from schedules import slots
from schedules.states import SlotState
from schedules.tables import Edition, Slot

log = structlog.get_logger("digest.issues")


class ApprovedIssue(IssueDetails):
    """The approved issue, and what could not be checked because the network did not answer."""

    not_checked: list[str]


async def approve_issue(
    app: App, actor: Actor, number: int, *, expected: str | None = None
) -> ApprovedIssue:
    """Freeze an issue; a slot's issue is scheduled for its slot at once.

    `expected` is the hash that the editor looked at, or its first digits. Raises `NotFound`,
    `Refused` unless it is a draft with that hash, and `PreflightFailed`.
    """

    async def act(session: AsyncSession, issue: Issue, inspection: Inspection) -> list[Finding]:
        _require_expected(issue, inspection, expected)
        return await _approve(session, app, actor, issue, inspection)

    seconds = app.settings.approval_network_seconds
    unanswered = await act_on_inspected(
        app, number, act, becoming=IssueState.APPROVED, network_seconds=seconds
    )
    log.info("issue approved", issue=number, by=str(actor))
    not_checked = [f"{found.code} {found.detail}" for found in unanswered]
    shown = await show_issue(app, number)
    return ApprovedIssue(**dict(shown), not_checked=not_checked)


async def approve_automatically(app: App, number: int, slot_id: int, now: datetime) -> None:
    """The approval of an edition that needs no editor; its slot counts as composed after it.

    A draft that preflight blocks stays a draft, and the editor is notified. Until one of the
    two is committed a planned slot stays planned: after a crash, or when an item was withdrawn
    meanwhile, the next tick composes and approves it again. Raises `StillChanging`.
    """

    async def act(session: AsyncSession, issue: Issue, inspection: Inspection) -> None:
        if issue.state != IssueState.DRAFT:
            return  # an editor, or another process, was faster
        if await outdated_items(session, issue):
            raise StillChanging(issue.number)  # the next tick composes without those items
        try:
            unanswered = await _approve(session, app, ENGINE, issue, inspection)
            for finding in unanswered:
                log.warning(
                    "not checked", issue=issue.number, code=finding.code, what=finding.detail
                )
        except PreflightFailed as failed:
            edition = await edition_of(session, issue)
            subject = f"{edition.name}: issue {issue.number} is not approved"
            await notify_editor(session, app, subject, [f"{failed}."], now)
        await slots.mark_composed(session, slot_id, now)

    seconds = app.settings.approval_network_seconds
    await act_on_inspected(app, number, act, network_seconds=seconds)


async def _approve(
    session: AsyncSession, app: App, actor: Actor, issue: Issue, inspection: Inspection
) -> list[Finding]:
    """Freeze what was inspected; what the network did not answer about it."""
    now = app.clock()
    await require_current_items(session, issue)
    frozen = await require_preflight(session, issue, inspection)
    draft = inspection.input.version
    assert isinstance(draft, IssueDraft)
    by = actor.name or str(actor)
    await transition(session, issue, IssueState.APPROVED, now, **approval(frozen, by, now))
    await store_frozen(session, issue, frozen, draft.templates)
    if issue.slot_id is not None:
        await transition(session, issue, IssueState.SCHEDULED, now)
        await _release(session, await edition_of(session, issue), issue.slot_id, now)
    return [found for found in inspection.preflight.findings if found.code in UNANSWERED]


def _require_expected(issue: Issue, inspection: Inspection, expected: str | None) -> None:
    hash_ = inspection.frozen.hash if inspection.frozen else None
    if expected and hash_ and not hash_.startswith(expected):
        raise Refused(
            f"issue {issue.number} has changed since: its hash is {hash_[:12]}, "
            f"not {expected[:12]}; look at it again"
        )


async def _release(session: AsyncSession, edition: Edition, slot_id: int, now: datetime) -> None:
    """Resume a slot that was held for this approval, if its grace has not passed."""
    slot = await session.get_one(Slot, slot_id)
    in_time = now <= slot.send_at + timedelta(hours=edition.grace_hours)
    if slot.state == SlotState.HELD and in_time:
        await slots.run_anyway(session, slot, now, composed=True)
