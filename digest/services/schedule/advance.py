"""What a tick does. `advance` may run any number of times, in several processes at once.

Each step is one transaction around a conditional change of the slot's row, so a second
scheduler finds the step done. A step that fails is logged and does not stop the others.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import DigestError
from digest.issues.lookup import issue_of_slot
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.issues.approve import approve_automatically
from digest.services.issues.compose import Composition, compose_slot
from digest.services.preflight.gate import StillChanging, act_on_inspected
from digest.services.preflight.inspection import Inspection
from digest.services.schedule.drift import notify_of_drift
from digest.services.schedule.extras import send_due_extras
from digest.services.sending.start import start_sending
from digest.services.sending.stranded import pause_stranded
from digest.services.sending.transactional import notify_editor
from digest.store import Queue
from schedules import slots
from schedules.catchup import Action, SlotDecision, decide
from schedules.clock import note_tick
from schedules.editions import list_editions
from schedules.errors import ScheduleError
from schedules.tables import Edition, Slot
from schedules.words import when

log = structlog.get_logger("digest.calendar")

READY = (IssueState.APPROVED, IssueState.SCHEDULED)


async def advance(app: App) -> None:
    """Plan, compose what has reached its cut-off, send what is due, record what was missed."""
    await pause_stranded(app)  # even while the clock cannot be trusted
    now = app.clock()
    ZoneInfo.clear_cache()  # the system's time zones may have been upgraded since the last tick
    async with app.store.write(Queue.EDITING) as session:
        if not await note_tick(session, now):
            return  # the clock jumped back; note_tick has logged when scheduling resumes
        editions = [edition for edition in await list_editions(session) if edition.active]
        for edition in editions:
            await _plan(session, app, edition, now)
        due = await slots.compose_due(session, now)
    for slot in due:
        await _guarded(app, slot, now)
    async with app.store.read() as session:
        due = await slots.send_due(session, now)
    for slot in due:
        await _guarded(app, slot, now)
    await send_due_extras(app, now)


async def _plan(session: AsyncSession, app: App, edition: Edition, now: datetime) -> None:
    try:
        await slots.plan(session, edition, now)
        await notify_of_drift(session, app, edition, now)
    except ScheduleError as error:  # such as a zone that this machine does not know
        log.error("edition not planned", edition=edition.slug, reason=str(error))


async def _guarded(app: App, slot: Slot, now: datetime) -> None:
    try:
        await _advance_or_hold(app, slot, now)
    except ScheduleError as error:  # an editor, or another process, was faster
        log.info("slot left alone", slot=slot.id, reason=str(error))
    except Exception:  # a bug must not keep the other slots from their hour
        log.exception("slot failed; the next tick tries again", slot=slot.id)


async def _advance_or_hold(app: App, slot: Slot, now: datetime) -> None:
    try:
        assert slot.id is not None
        await _advance_slot(app, slot.id, now)
    except StillChanging as changing:  # an editor is at work on it: not a reason to hold it
        log.info("slot left for the next tick", slot=slot.id, reason=str(changing))
    except DigestError as error:
        log.error("slot held", slot=slot.id, reason=str(error))
        async with app.store.write(Queue.EDITING) as session:
            await _hold(session, app, slot, str(error), now)


async def _advance_slot(app: App, slot_id: int, now: datetime) -> None:
    """One step of a slot, decided on the row as it is inside the transaction."""
    composed: Composition | None = None
    async with app.store.write(Queue.EDITING) as session:
        slot, issue, decision = await _decide(session, slot_id, now)
        if decision.action is Action.COMPOSE and issue is not None and issue.state in READY:
            # An editor approved the draft meanwhile.
            await slots.mark_composed(session, slot, now)
            issue.send_at = slot.send_at  # which may have followed the rules of its zone
            session.add(issue)
        elif decision.action is Action.COMPOSE:
            edition = await session.get_one(Edition, slot.edition_id)
            composed = await compose_slot(session, app, edition, slot, now)
            if not composed.skipped and not composed.awaits_engine:
                await _ask_for_approval(session, app, edition, slot, composed.number, now)
        elif decision.action is Action.HOLD:
            await _hold(session, app, slot, decision.reason or "", now)
        elif decision.action is Action.MISS:
            await _miss(session, app, slot, decision.reason or "", now)
    # Preflight takes seconds and must not hold the transaction open; so approving and sending
    # check the issue first and then decide once more.
    if composed is not None and composed.awaits_engine:
        await approve_automatically(app, composed.number, slot_id, now)
    if decision.action is Action.SEND and issue is not None:
        await _send_slot(app, slot_id, issue.number, now)


async def _decide(
    session: AsyncSession, slot_id: int, now: datetime
) -> tuple[Slot, Issue | None, SlotDecision]:
    slot = await session.get_one(Slot, slot_id)
    edition = await session.get_one(Edition, slot.edition_id)
    issue = await issue_of_slot(session, slot_id)
    ready = issue is not None and issue.state in READY
    grace = timedelta(hours=edition.grace_hours)
    return slot, issue, decide(slot, now=now, grace=grace, ready=ready)


async def _send_slot(app: App, slot_id: int, number: int, now: datetime) -> None:
    """Start the slot's sending, unless another process or an editor was faster."""

    async def act(session: AsyncSession, issue: Issue, inspection: Inspection) -> None:
        _, current, decision = await _decide(session, slot_id, now)
        if decision.action is Action.SEND and current is not None and current.id == issue.id:
            await start_sending(session, app, issue, inspection, to_inbox=False, now=now)

    await act_on_inspected(app, number, act)


async def _hold(session: AsyncSession, app: App, slot: Slot, reason: str, now: datetime) -> None:
    if await slots.hold(session, slot, reason, now):
        await _notify(session, app, slot, "held", reason, now)


async def _miss(session: AsyncSession, app: App, slot: Slot, reason: str, now: datetime) -> None:
    if await slots.miss(session, slot, reason, now):
        await _notify(session, app, slot, "missed", reason, now)


async def _ask_for_approval(
    session: AsyncSession, app: App, edition: Edition, slot: Slot, number: int, now: datetime
) -> None:
    by = when(slot.send_at, edition.zone, now)
    await notify_editor(
        session,
        app,
        f"{edition.name}: issue {number} needs your approval by {by}",
        [
            f"Issue {number} is composed. Without your approval it is not sent.",
            f"To look at it: digest issues show {number}, or open it on the desk.",
            f"To approve it: digest issues approve {number}",
        ],
        now,
    )


async def _notify(
    session: AsyncSession, app: App, slot: Slot, what: str, reason: str, now: datetime
) -> None:
    edition = await session.get_one(Edition, slot.edition_id)
    await notify_editor(
        session,
        app,
        f"{edition.name}: the issue of {slot.local_date} was {what}",
        [
            f"The slot was {what}: {reason}.",
            f"To send it anyway: digest schedule run-anyway {slot.local_date}",
        ],
        now,
    )
