"""What goes out when, and to how many readers."""

from datetime import date, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.issues.lookup import issue_of_slot
from digest.issues.states import IssueState
from digest.services.result import Result
from digest.store import Queue
from schedules import slots
from schedules.editions import list_editions
from schedules.states import SlotState
from schedules.tables import Edition, Slot
from schedules.words import in_words, plan_line, when
from subscribers.audience import count


class AgendaLine(Result):
    """One slot. `words` puts it plainly: 'Tue 9 Dec 09:00 Berlin, 4,212 readers, in 3 d 2 h'."""

    edition: str
    date: date
    send_at: datetime
    cutoff_at: datetime
    state: SlotState
    reason: str | None
    issue: int | None
    issue_state: IssueState | None
    readers: int
    words: str


async def agenda(app: App) -> tuple[AgendaLine, ...]:
    """Slots to come, and those that wait for an editor, of every edition, by hour.

    First plans what the clock has not planned yet, so that nothing is missing.
    """
    now = app.clock()
    async with app.store.write(Queue.EDITING) as session:
        for edition in await list_editions(session):
            await slots.plan(session, edition, now)
    return await read_agenda(app)


async def read_agenda(app: App) -> tuple[AgendaLine, ...]:
    """The same from the slots that are planned already; writes nothing."""
    now = app.clock()
    lines: list[AgendaLine] = []
    async with app.store.read() as session:
        for edition in await list_editions(session):
            readers = await count(session, edition.slug)
            waiting = await slots.needing_attention(session, edition, now)
            coming = await slots.upcoming(session, edition, now)
            # By id: a slot that is held within its grace is in both lists.
            for slot in {slot.id: slot for slot in (*waiting, *coming)}.values():
                lines.append(await agenda_line(session, edition, slot, readers, now))
    return tuple(sorted(lines, key=lambda line: line.send_at))


async def agenda_line(
    session: AsyncSession, edition: Edition, slot: Slot, readers: int, now: datetime
) -> AgendaLine:
    """One slot as the agenda shows it, for use inside other services."""
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
