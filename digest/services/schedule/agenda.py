"""What goes out when, to how many; and the editor's say about single slots."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.guards.heartbeat import trust_clock
from digest.errors import Refused
from digest.issues.lookup import candidates_of, issue_of_slot
from digest.store import Queue
from schedules import clock, slots
from schedules.editions import get_edition, list_editions
from schedules.states import SlotState
from schedules.tables import Edition, Slot
from schedules.words import in_words, plan_line, when
from subscribers.audience import count


class AgendaLine(BaseModel):
    """One slot. `words` says it plainly: 'Tue 9 Dec 09:00 Berlin, 4,212 readers, in 3 d 2 h'."""

    model_config = ConfigDict(frozen=True)

    edition: str
    date: date
    send_at: datetime
    cutoff_at: datetime
    state: str
    reason: str | None
    issue: int | None
    issue_state: str | None
    readers: int
    words: str


async def agenda(app: App) -> list[AgendaLine]:
    """Slots to come, and those that wait for an editor, of every edition, by hour.

    Plans what the clock has not planned yet, so that nothing is missing.
    """
    now = app.clock()
    async with app.store.write(Queue.EDITING) as session:
        for edition in await list_editions(session):
            await slots.plan(session, edition, now)
    return await read_agenda(app)


async def read_agenda(app: App) -> list[AgendaLine]:
    """The same from the slots that are planned already; writes nothing."""
    now = app.clock()
    lines: list[AgendaLine] = []
    async with app.store.read() as session:
        for edition in await list_editions(session):
            readers = await count(session, edition.slug)
            waiting = await slots.needing_attention(session, edition, now)
            coming = await slots.upcoming(session, edition, now)
            for slot in {slot.id: slot for slot in (*waiting, *coming)}.values():
                lines.append(await _line(session, edition, slot, readers, now))
    return sorted(lines, key=lambda line: line.send_at)


async def skip(app: App, edition: str, day: date, reason: str) -> AgendaLine:
    """Leave a slot out; raises `ScheduleError` if it is too late."""
    now = app.clock()
    async with app.store.write(Queue.EDITING) as session:
        found, slot = await _slot(session, edition, day, now)
        await slots.skip(session, slot, reason, now)
        return await _line(session, found, slot, await count(session, edition), now)


async def unskip(app: App, edition: str, day: date) -> AgendaLine:
    """Take a skip back before the slot's hour."""
    now = app.clock()
    async with app.store.write(Queue.EDITING) as session:
        found, slot = await _slot(session, edition, day, now)
        await slots.unskip(session, slot, now, composed=await _has_items(session, slot))
        return await _line(session, found, slot, await count(session, edition), now)


async def run_anyway(app: App, edition: str, day: date) -> AgendaLine:
    """Let a skipped, missed or held slot go on; it still needs content and approval."""
    now = app.clock()
    async with app.store.write(Queue.EDITING) as session:
        found, slot = await _slot(session, edition, day, now)
        composed = await _has_items(session, slot)
        if not await slots.run_anyway(session, slot, now, composed=composed):
            raise Refused(f"the slot of {day} is {slot.state} and needs no push")
        return await _line(session, found, slot, await count(session, edition), now)


async def resume_clock(app: App) -> bool:
    """An editor says that the clock is right; False when nothing was held."""
    now = app.clock()
    async with app.store.write(Queue.EDITING) as session:
        went_back = await clock.resume_clock(session, now)
        went_ahead = await trust_clock(session, now, app.uptime())
    return went_back or went_ahead


async def _slot(
    session: AsyncSession, edition: str, day: date, now: datetime
) -> tuple[Edition, Slot]:
    found = await get_edition(session, edition)
    await slots.plan(session, found, now)
    return found, await slots.slot_on(session, found, day)


async def _has_items(session: AsyncSession, slot: Slot) -> bool:
    """Whether the slot's issue holds anything; an empty draft must be composed again."""
    assert slot.id is not None
    issue = await issue_of_slot(session, slot.id)
    if issue is None or issue.id is None:
        return False
    return any(found.included for found, _ in await candidates_of(session, issue.id))


async def _line(
    session: AsyncSession, edition: Edition, slot: Slot, readers: int, now: datetime
) -> AgendaLine:
    assert slot.id is not None
    issue = await issue_of_slot(session, slot.id)
    return AgendaLine(
        edition=edition.slug,
        date=slot.local_date,
        send_at=slot.send_at,
        cutoff_at=slot.cutoff_at,
        state=slot.state,
        reason=slot.reason,
        issue=issue.number if issue else None,
        issue_state=issue.state if issue else None,
        readers=readers,
        words=_words(slot, edition, readers, now),
    )


def _words(slot: Slot, edition: Edition, readers: int, now: datetime) -> str:
    if slot.state != SlotState.SENT:
        return plan_line(slot.send_at, edition.zone, readers, now)
    return f"{when(slot.send_at, edition.zone, now)}, sent {in_words(slot.changed_at - now)}"
