"""Slots: the planned instants of an edition, and how they move from state to state.

    planned ──→ composed ──→ sent
       │            │
       └─→ skipped, missed, held ──→ planned or composed again, by an editor

Every change is one conditional update, so of several callers (two servers, two tabs) exactly
one wins: the functions return whether it was this one. A change that the slot's state
forbids raises `ScheduleError`. The table of transitions is in docs/schedule.md.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from schedules.errors import ScheduleError
from schedules.planning import HORIZON, plan
from schedules.states import SlotState
from schedules.tables import Edition, Slot
from schedules.transitions import find, refusal, transition

__all__ = [
    "STOPPED",
    "UNSENT",
    "claim_for_sending",
    "compose_due",
    "hold",
    "mark_composed",
    "miss",
    "move",
    "needing_attention",
    "plan",
    "run_anyway",
    "send_due",
    "skip",
    "slot_on",
    "unskip",
    "upcoming",
]

UNSENT = (SlotState.PLANNED, SlotState.COMPOSED)
STOPPED = (SlotState.SKIPPED, SlotState.MISSED, SlotState.HELD)


async def compose_due(session: AsyncSession, now: datetime) -> list[Slot]:
    """Planned slots of active editions whose cut-off has come, however long ago."""
    return await _due(session, SlotState.PLANNED, col(Slot.cutoff_at) <= now)


async def send_due(session: AsyncSession, now: datetime) -> list[Slot]:
    """Composed slots of active editions whose hour has come, however long ago."""
    return await _due(session, SlotState.COMPOSED, col(Slot.send_at) <= now)


async def slot_on(session: AsyncSession, edition: Edition, local_date: date) -> Slot:
    """The edition's slot of a local date; raises `ScheduleError` if there is none."""
    found = await session.exec(
        select(Slot).where(Slot.edition_id == edition.id, Slot.local_date == local_date)
    )
    slot = found.first()
    if slot is None:
        raise ScheduleError(
            f"{edition.slug} has no slot on {local_date}; `digest schedule show` lists them"
        )
    return slot


async def upcoming(session: AsyncSession, edition: Edition, now: datetime) -> list[Slot]:
    """The edition's slots, in any state, that are to come or still within their grace."""
    since = now - timedelta(hours=edition.grace_hours)
    return await _of(session, edition, col(Slot.send_at) >= since)


async def needing_attention(
    session: AsyncSession, edition: Edition, now: datetime, *, horizon: timedelta = HORIZON
) -> list[Slot]:
    """Slots of the last weeks that were missed or are held, for an editor to decide about."""
    return await _of(
        session,
        edition,
        col(Slot.state).in_((SlotState.MISSED, SlotState.HELD)),
        col(Slot.send_at) >= now - horizon,
    )


async def mark_composed(session: AsyncSession, slot: Slot | int, now: datetime) -> bool:
    """Record that the slot's issue is composed; False if it was before."""
    composed_before = (SlotState.COMPOSED, SlotState.HELD)
    return await transition(
        session, slot, SlotState.COMPOSED, now, of=[SlotState.PLANNED], done=composed_before
    )


async def claim_for_sending(session: AsyncSession, slot: Slot | int, now: datetime) -> bool:
    """Claim the slot's one sending; only the caller that gets True may begin it.

    It begins in the same transaction, so there is never a claim without a sending.
    """
    return await transition(session, slot, SlotState.SENT, now, of=[SlotState.COMPOSED])


async def skip(session: AsyncSession, slot: Slot | int, reason: str, now: datetime) -> bool:
    """Leave the slot out: there is too little to say, or an editor decided so."""
    states = (*UNSENT, SlotState.HELD)
    return await transition(session, slot, SlotState.SKIPPED, now, of=states, reason=reason)


async def hold(session: AsyncSession, slot: Slot | int, reason: str, now: datetime) -> bool:
    """Let the slot wait for an editor, even past its hour; time alone never releases it."""
    return await transition(session, slot, SlotState.HELD, now, of=UNSENT, reason=reason)


async def miss(session: AsyncSession, slot: Slot | int, reason: str, now: datetime) -> bool:
    """Record that the slot's grace passed without it."""
    return await transition(session, slot, SlotState.MISSED, now, of=UNSENT, reason=reason)


async def unskip(session: AsyncSession, slot: Slot | int, now: datetime, *, composed: bool) -> bool:
    """Take a skip back before the slot's hour; `composed` as for `run_anyway`."""
    found = await find(session, slot)
    if found.state == SlotState.SKIPPED and found.send_at <= now:
        raise ScheduleError(
            f"the hour of the slot of {found.local_date} has passed; "
            f"`digest schedule run-anyway {found.local_date}` sends it now"
        )
    to = _awaiting(composed=composed)
    return await transition(session, found, to, now, of=[SlotState.SKIPPED], done=UNSENT)


async def run_anyway(
    session: AsyncSession,
    slot: Slot | int,
    now: datetime,
    *,
    composed: bool,
    at: datetime | None = None,
    moved_to: str | None = None,
) -> bool:
    """Bring back a skipped, missed or held slot, to go out at `at`, at its own hour, or now.

    `composed` says whether an issue for it exists (slots know no issues): then the slot is
    composed again and waits for approval and its hour; else it is planned again, and composed
    at the next wake-up after its cut-off. An hour that has passed becomes now, and the grace
    starts again from there. `moved_to` as for `move`.
    """
    found = await find(session, slot)
    send_at = max(at or found.send_at, now)
    given = moved_to or (send_at.isoformat() if send_at != found.send_at else None)
    return await transition(
        session,
        found,
        _awaiting(composed=composed),
        now,
        of=STOPPED,
        done=UNSENT,
        send_at=send_at,
        cutoff_at=min(found.cutoff_at, send_at),
        moved_to=given or found.moved_to,
    )


async def move(
    session: AsyncSession,
    slot: Slot | int,
    at: datetime,
    now: datetime,
    *,
    moved_to: str | None = None,
) -> bool:
    """Give a slot another hour; the local date that identifies it stays.

    `moved_to` is the time as the editor gave it, kept so that a change of the zone's rules is
    noticed; None leaves what is kept. A skipped, missed or held slot is brought back for that
    hour, as composed.
    """
    if at <= now:
        raise ScheduleError("that time is in the past; choose a later one")
    found = await find(session, slot)
    if found.state in STOPPED:
        return await run_anyway(session, found, now, composed=True, at=at, moved_to=moved_to)
    if found.state not in UNSENT:
        raise refusal(found, (*UNSENT, *STOPPED), "be moved")
    cutoff_at = min(found.cutoff_at, at)
    state = SlotState(found.state)
    return await transition(
        session,
        found,
        state,
        now,
        of=[state],
        send_at=at,
        cutoff_at=cutoff_at,
        moved_to=moved_to or found.moved_to,
    )


def _awaiting(*, composed: bool) -> SlotState:
    return SlotState.COMPOSED if composed else SlotState.PLANNED


async def _due(session: AsyncSession, state: SlotState, is_due: ColumnElement[bool]) -> list[Slot]:
    found = await session.exec(
        select(Slot)
        .join(Edition, col(Edition.id) == col(Slot.edition_id))
        .where(Slot.state == state, is_due, col(Edition.active))
        .order_by(col(Slot.send_at), col(Slot.id))
    )
    return list(found)


async def _of(
    session: AsyncSession, edition: Edition, *conditions: ColumnElement[bool]
) -> list[Slot]:
    found = await session.exec(
        select(Slot)
        .where(Slot.edition_id == edition.id, *conditions)
        .order_by(col(Slot.send_at), col(Slot.local_date))
    )
    return list(found)
