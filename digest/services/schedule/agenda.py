"""What goes out when, and to how many readers."""

from datetime import date, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.issues.lookup import issue_last_of_slot
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.result import Result
from digest.services.schedule.drift import time_note
from digest.services.schedule.standing import Standing, standing
from digest.store import Queue
from schedules import slots
from schedules.editions import list_editions
from schedules.states import SlotState
from schedules.tables import Edition, Slot
from schedules.words import in_words, plan_line, when
from subscribers.audience import count


class AgendaLine(Result):
    """One slot. `words` puts it plainly: 'Tue 9 Dec 09:00 Berlin, 4,212 readers, in 3 d 2 h'.

    `state` is where it stands, `needs` what an editor has to do about it, if anything, and `note`
    says if it goes out at another local time than was wanted, and what moves it.
    """

    edition: str
    date: date
    send_at: datetime
    cutoff_at: datetime
    state: Standing
    reason: str | None
    needs: str | None
    issue: int | None
    issue_state: IssueState | None
    readers: int
    words: str
    note: str | None


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
    issue = await issue_last_of_slot(session, slot.id)
    state = standing(SlotState(slot.state), IssueState(issue.state) if issue else None)
    return AgendaLine(
        edition=edition.slug,
        date=slot.local_date,
        send_at=slot.send_at,
        cutoff_at=slot.cutoff_at,
        state=state,
        reason=slot.reason or (issue.state_reason if issue else None),
        needs=_needs(state, slot, issue, edition, now),
        issue=issue.number if issue else None,
        issue_state=issue.state if issue else None,
        readers=readers,
        words=_words(state, slot, issue, edition, readers, now),
        note=time_note(edition, slot, issue, now),
    )


def _words(
    state: Standing, slot: Slot, issue: Issue | None, edition: Edition, readers: int, now: datetime
) -> str:
    if slot.state != SlotState.SENT:
        return plan_line(slot.send_at, edition.zone, readers, now)
    begun = (issue.started_at if issue else None) or slot.changed_at
    hour = when(slot.send_at, edition.zone, now)
    if state is Standing.SENT:
        done = (issue.finished_at if issue else None) or begun
        return f"{hour}, sent {in_words(done - now)}"
    return f"{hour}, begun {in_words(begun - now)}"


def _needs(
    state: Standing, slot: Slot, issue: Issue | None, edition: Edition, now: datetime
) -> str | None:
    """What an editor has to do, and until when."""
    if state is Standing.NEEDS_APPROVAL:
        return f"needs your approval by {when(slot.send_at, edition.zone, now)}"
    if state is Standing.PAUSED and issue is not None:
        return f"`digest issues resume {issue.number}` goes on with it"
    if state in (Standing.HELD, Standing.MISSED):
        return f"`digest schedule run-anyway {slot.local_date}` brings it back"
    return None
