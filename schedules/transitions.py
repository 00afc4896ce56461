"""How a slot changes its state, and the sentence for the loser of a race."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases.transitions import move_state
from schedules.errors import ScheduleError
from schedules.states import SlotState
from schedules.tables import Slot


async def find(session: AsyncSession, slot: Slot | int) -> Slot:
    """The slot as this transaction sees it now; raises `ScheduleError` if it no longer exists."""
    slot_id = slot if isinstance(slot, int) else slot.id
    found = await session.get(Slot, slot_id, populate_existing=True)
    if found is None:
        raise ScheduleError("that slot is no longer planned; `digest schedule show` lists them")
    return found


async def transition(
    session: AsyncSession,
    slot: Slot | int,
    to: SlotState,
    now: datetime,
    *,
    of: Collection[SlotState],
    done: Collection[SlotState] = (),
    reason: str | None = None,
    **values: datetime | str | None,
) -> bool:
    """Move a slot from one of the states `of` to `to`; True if this call did it.

    False if somebody else was faster: the slot is in `to` already, or in one of the states
    `done` that count as well. Raises `ScheduleError` in any other state. A slot object of
    this session shows the new values afterwards.
    """
    slot_id = slot if isinstance(slot, int) else slot.id
    moved = await move_state(
        session, Slot, slot_id, before=of, after=to, reason=reason, changed_at=now, **values
    )
    found = await find(session, slot)
    if moved:
        return True
    if found.state == to or found.state in done:
        return False
    raise refusal(found, of, f"become {to}")


def refusal(slot: Slot, of: Collection[SlotState], wish: str) -> ScheduleError:
    """The error for a request that only the states `of` allow."""
    return ScheduleError(
        f"the slot of {slot.local_date} is {slot.state}; only a {_one_of(of)} one can {wish}"
    )


def _one_of(states: Collection[SlotState]) -> str:
    *others, last = states
    return f"{', '.join(others)} or {last}" if others else last
