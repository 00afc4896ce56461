"""Composing: selecting the new comparisons into a draft, for a slot or outside the calendar."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import Refused
from digest.issues.composing import compose_extra, compose_for
from digest.services.actor import Actor
from digest.services.editions.default import chosen_edition
from digest.services.issues.approve import approve_automatically
from digest.services.issues.show import IssueDetails, show_issue
from digest.services.result import Result
from digest.services.sending.transactional import notify_editor
from digest.store import Queue
from schedules import slots
from schedules.states import Approval, SlotState
from schedules.tables import Edition, Slot

log = structlog.get_logger("digest.issues")


class SkippedSlot(Result):
    """A slot with too few new comparisons: no issue, and the reason."""

    number: None = None
    state: str = "skipped"
    slot: date
    reason: str


@dataclass(frozen=True)
class Composition:
    """What one transaction composed; `skipped` is the reason of a slot left without an issue."""

    number: int
    slot_id: int
    slot_date: date
    skipped: str | None
    awaits_engine: bool


async def compose_issue(
    app: App,
    actor: Actor,
    edition_slug: str | None = None,
    *,
    slot_date: date | None = None,
    extra: bool = False,
) -> IssueDetails | SkippedSlot:
    """Compose the next planned slot, the slot of a date, or an extra issue.

    Without a slug it is for the only edition. Composing again refreshes the same draft. Raises
    `NotFound`, `ScheduleError` for a date
    without a slot, and `Refused` where nothing can be composed.
    """
    now = app.clock()
    if extra:
        return await _compose_extra(app, actor, edition_slug, now)
    async with app.store.write(Queue.EDITING) as session:
        edition = await chosen_edition(session, edition_slug)
        await slots.plan(session, edition, now)
        slot = await _slot_for(session, edition, slot_date, now)
        composed = await compose_slot(session, app, edition, slot, now)
    log.info("issue composed", issue=composed.number, by=str(actor))
    if composed.skipped:
        return SkippedSlot(slot=composed.slot_date, reason=composed.skipped)
    if composed.awaits_engine:
        await approve_automatically(app, composed.number, composed.slot_id, now)
    return await show_issue(app, composed.number)


async def _compose_extra(
    app: App, actor: Actor, edition_slug: str | None, now: datetime
) -> IssueDetails | SkippedSlot:
    async with app.store.write(Queue.EDITING) as session:
        edition = await chosen_edition(session, edition_slug)
        today = now.astimezone(ZoneInfo(edition.zone)).date()
        made = await compose_extra(session, edition, today, now)
        if made.shortfall:
            raise Refused(made.shortfall)
        number = made.issue.number
    log.info("issue composed", issue=number, by=str(actor))
    return await show_issue(app, number)


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
    session: AsyncSession, app: App, edition: Edition, slot: Slot, now: datetime
) -> Composition:
    """Compose a slot's issue; with too few comparisons skip the slot and notify the editor.

    Where the edition needs no editor, the slot stays planned until the engine has approved the
    draft (`awaits_engine`).
    """
    assert slot.id is not None
    if slot.state == SlotState.SENT:
        raise Refused(f"the slot of {slot.local_date} was sent")
    if slot.state in (SlotState.SKIPPED, SlotState.MISSED):
        raise Refused(
            f"the slot of {slot.local_date} was {slot.state}: {slot.reason}; "
            f"bring it back with `digest schedule run-anyway {slot.local_date}` first"
        )
    made = await compose_for(session, edition, slot, now)
    automatic = edition.approval == Approval.AUTOMATIC
    if made.shortfall:
        await _skip(session, app, edition, slot, made.shortfall, now)
    elif not automatic:
        await slots.mark_composed(session, slot, now)
    return Composition(
        number=made.issue.number,
        slot_id=slot.id,
        slot_date=slot.local_date,
        skipped=made.shortfall,
        awaits_engine=automatic and not made.shortfall,
    )


async def _skip(
    session: AsyncSession, app: App, edition: Edition, slot: Slot, reason: str, now: datetime
) -> None:
    await slots.skip(session, slot, reason, now)
    await notify_editor(
        session,
        app,
        f"{edition.name}: no issue on {slot.local_date}",
        [
            f"The slot was skipped: {reason}.",
            f"To send it all the same: digest schedule run-anyway {slot.local_date}",
        ],
        now,
    )
