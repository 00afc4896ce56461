"""What an editor decides about a single slot: skip it, take that back, or run it anyway."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import Refused
from digest.issues.lookup import candidates_of, issue_of_slot
from digest.services.actor import Actor
from digest.services.editions.default import chosen_edition
from digest.services.schedule.agenda import AgendaLine, agenda_line
from digest.store import Queue
from schedules import slots
from schedules.tables import Slot
from subscribers.audience import count

log = structlog.get_logger("digest.schedule")

Change = Callable[[AsyncSession, Slot, datetime], Awaitable[None]]


async def skip(app: App, actor: Actor, edition: str | None, day: date, reason: str) -> AgendaLine:
    """Leave out the slot of a local date; raises `ScheduleError` if it is too late."""

    async def change(session: AsyncSession, slot: Slot, now: datetime) -> None:
        await slots.skip(session, slot, reason, now)

    return await _change(app, actor, edition, day, change)


async def unskip(app: App, actor: Actor, edition: str | None, day: date) -> AgendaLine:
    """Take a skip back; raises `ScheduleError` once the slot's hour has passed."""

    async def change(session: AsyncSession, slot: Slot, now: datetime) -> None:
        await slots.unskip(session, slot, now, composed=await _has_items(session, slot))

    return await _change(app, actor, edition, day, change)


async def run_anyway(app: App, actor: Actor, edition: str | None, day: date) -> AgendaLine:
    """Bring back a skipped, missed or held slot; it still needs content and approval.

    Raises `Refused` for a slot that is on its way already.
    """

    async def change(session: AsyncSession, slot: Slot, now: datetime) -> None:
        composed = await _has_items(session, slot)
        if not await slots.run_anyway(session, slot, now, composed=composed):
            raise Refused(f"the slot of {day} is {slot.state} already; it goes out as planned")

    return await _change(app, actor, edition, day, change)


async def _change(
    app: App, actor: Actor, edition: str | None, day: date, change: Change
) -> AgendaLine:
    now = app.clock()
    async with app.store.write(Queue.EDITING) as session:
        chosen = await chosen_edition(session, edition)
        await slots.plan(session, chosen, now)  # the date may lie beyond the last wake-up's plan
        slot = await slots.slot_on(session, chosen, day)
        await change(session, slot, now)
        readers = await count(session, chosen.slug)
        line = await agenda_line(session, chosen, slot, readers, now)
    log.info(
        "slot changed", edition=line.edition, day=str(day), state=str(line.state), by=str(actor)
    )
    return line


async def _has_items(session: AsyncSession, slot: Slot) -> bool:
    """Whether the slot's issue holds anything; an empty draft must be composed again."""
    assert slot.id is not None
    issue = await issue_of_slot(session, slot.id)
    if issue is None or issue.id is None:
        return False
    return any(candidate.included for candidate, _ in await candidates_of(session, issue.id))
