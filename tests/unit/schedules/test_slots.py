"""Which transitions of a slot are allowed, and that only one of several callers wins."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.store import Store
from schedules import slots
from schedules.errors import ScheduleError
from schedules.states import SlotState
from schedules.tables import Edition, Slot
from tests.unit.schedules.conftest import utc

HOUR = utc(2026, 12, 8, 8, 0)
BEFORE = utc(2026, 12, 1)
AFTER = HOUR + timedelta(days=2)

Step = Callable[[AsyncSession, int, datetime], Awaitable[bool]]

STEPS: dict[str, Step] = {
    "mark_composed": slots.mark_composed,
    "claim": slots.claim_for_sending,
    "skip": lambda session, slot, now: slots.skip(session, slot, "why", now),
    "hold": lambda session, slot, now: slots.hold(session, slot, "why", now),
    "miss": lambda session, slot, now: slots.miss(session, slot, "why", now),
    "unskip": lambda session, slot, now: slots.unskip(session, slot, now, composed=False),
    "run_anyway": lambda session, slot, now: slots.run_anyway(session, slot, now, composed=True),
    "move": lambda session, slot, now: slots.move(session, slot, HOUR + timedelta(hours=1), now),
}

# step: what becomes of a planned, composed, sent, skipped, missed, held slot.
# "=": it stays as it is, and the call returns False; "!": the call is refused.
TABLE = {
    "mark_composed": "composed = ! ! ! =",
    "claim": "! sent = ! ! !",
    "skip": "skipped skipped ! = ! skipped",
    "hold": "held held ! ! ! =",
    "miss": "missed missed ! ! = !",
    "unskip": "= = ! planned ! !",
    "run_anyway": "= = ! composed composed composed",
    "move": "planned composed ! composed composed composed",
}
STATES = ("planned", "composed", "sent", "skipped", "missed", "held")
CASES = [
    (step, state, outcome)
    for step, row in TABLE.items()
    for state, outcome in zip(STATES, row.split(), strict=True)
]


@pytest.fixture
async def slot(store: Store, weekly: Edition) -> Slot:
    """The slot of Tuesday 8 December 2026, planned."""
    slot = Slot(
        edition_id=weekly.id,
        local_date=date(2026, 12, 8),
        send_at=HOUR,
        cutoff_at=HOUR - timedelta(hours=15),
        changed_at=BEFORE,
    )
    async with store.write() as session:
        session.add(slot)
    return slot


async def put(store: Store, state: str) -> None:
    async with store.write() as session:
        await session.exec(update(Slot).values(state=state, reason="before"))


async def look(store: Store, slot: Slot) -> Slot:
    async with store.read() as session:
        return await session.get_one(Slot, slot.id)


@pytest.mark.parametrize(("step", "state", "outcome"), CASES)
async def test_the_transition_table(
    store: Store, slot: Slot, step: str, state: str, outcome: str
) -> None:
    await put(store, state)
    async with store.write() as session:
        if outcome == "!":
            with pytest.raises(ScheduleError, match=f"slot of 2026-12-08 is {state}; only a"):
                await STEPS[step](session, slot.id, BEFORE)
        else:
            assert await STEPS[step](session, slot.id, BEFORE) is (outcome != "=")
    after = await look(store, slot)
    assert after.state == (state if outcome in "!=" else outcome)
    if outcome in ("skipped", "held", "missed"):
        assert after.reason == "why"
    elif outcome not in "!=":
        assert after.reason is None
        assert after.changed_at == BEFORE


@pytest.mark.parametrize(
    ("step", "state"),
    [("claim", "composed"), ("mark_composed", "planned"), ("skip", "planned"), ("miss", "planned")],
)
async def test_of_many_callers_at_once_exactly_one_wins(
    store: Store, other_store: Store, slot: Slot, step: str, state: str
) -> None:
    await put(store, state)

    async def claim(through: Store) -> bool:
        async with through.write() as session:
            return await STEPS[step](session, slot.id, BEFORE)

    won = await asyncio.gather(*(claim(through) for through in (store, other_store) * 4))
    assert won.count(True) == 1


async def test_a_claim_that_is_rolled_back_can_be_made_again(store: Store, slot: Slot) -> None:
    await put(store, "composed")

    async def claim_and_fail() -> None:
        async with store.write() as session:
            assert await slots.claim_for_sending(session, slot, HOUR)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await claim_and_fail()
    async with store.write() as session:
        assert await slots.claim_for_sending(session, slot, HOUR)


async def test_a_slot_object_of_the_session_shows_its_new_state(store: Store, slot: Slot) -> None:
    async with store.write() as session:
        mine = await session.get_one(Slot, slot.id)
        await slots.hold(session, mine, "the vendor answers on Monday", BEFORE)
        assert (mine.state, mine.reason) == ("held", "the vendor answers on Monday")


async def test_a_skip_can_be_taken_back_until_the_hour(store: Store, slot: Slot) -> None:
    await put(store, "skipped")
    async with store.write() as session:
        with pytest.raises(ScheduleError, match="schedule run-anyway 2026-12-08"):
            await slots.unskip(session, slot, HOUR, composed=False)
        assert await slots.unskip(session, slot, HOUR - timedelta(minutes=1), composed=True)
    assert (await look(store, slot)).state == SlotState.COMPOSED


async def test_run_anyway_after_the_hour_makes_it_due_now_with_a_new_grace(
    store: Store, slot: Slot
) -> None:
    await put(store, "missed")
    async with store.write() as session:
        assert await slots.run_anyway(session, slot, AFTER, composed=False)
        assert [found.id for found in await slots.compose_due(session, AFTER)] == [slot.id]
    after = await look(store, slot)
    assert (after.state, after.send_at) == (SlotState.PLANNED, AFTER)
    assert after.cutoff_at == HOUR - timedelta(hours=15)
    assert after.local_date == date(2026, 12, 8)


async def test_run_anyway_before_the_hour_keeps_the_hour(store: Store, slot: Slot) -> None:
    await put(store, "skipped")
    async with store.write() as session:
        await slots.run_anyway(session, slot, BEFORE, composed=True)
    assert (await look(store, slot)).send_at == HOUR


async def test_a_slot_can_be_moved_to_a_later_or_an_earlier_hour(
    store: Store, slot: Slot, weekly: Edition
) -> None:
    later, earlier = AFTER, HOUR - timedelta(hours=20)
    async with store.write() as session:
        await slots.move(session, slot, later, BEFORE)
        assert (await slots.slot_on(session, weekly, slot.local_date)).send_at == later
        await slots.move(session, slot, earlier, BEFORE)
        with pytest.raises(ScheduleError, match="in the past"):
            await slots.move(session, slot, BEFORE, BEFORE)
    after = await look(store, slot)
    assert (after.send_at, after.cutoff_at) == (earlier, earlier)


async def test_what_is_due_is_found_by_state_and_instant(store: Store, slot: Slot) -> None:
    cutoff = HOUR - timedelta(hours=15)
    async with store.write() as session:
        assert await slots.compose_due(session, cutoff - timedelta(seconds=1)) == []
        assert len(await slots.compose_due(session, cutoff)) == 1
        assert await slots.send_due(session, HOUR) == []
        await slots.mark_composed(session, slot, cutoff)
        assert await slots.compose_due(session, HOUR) == []
        assert await slots.send_due(session, HOUR - timedelta(seconds=1)) == []
        assert len(await slots.send_due(session, HOUR)) == 1


async def test_slots_of_an_inactive_edition_are_never_due(store: Store, slot: Slot) -> None:
    async with store.write() as session:
        await session.exec(update(Edition).values(active=False))
        assert await slots.compose_due(session, HOUR) == []
        await session.exec(update(Slot).values(state=SlotState.COMPOSED))
        assert await slots.send_due(session, HOUR) == []


async def test_upcoming_reaches_back_by_the_grace(
    store: Store, slot: Slot, weekly: Edition
) -> None:
    async with store.read() as session:
        assert len(await slots.upcoming(session, weekly, HOUR + timedelta(hours=12))) == 1
        assert await slots.upcoming(session, weekly, HOUR + timedelta(hours=13)) == []


async def test_missed_and_held_slots_need_attention(
    store: Store, slot: Slot, weekly: Edition
) -> None:
    for state, is_shown in [("missed", True), ("held", True), ("sent", False), ("skipped", False)]:
        await put(store, state)
        async with store.read() as session:
            assert bool(await slots.needing_attention(session, weekly, AFTER)) is is_shown


async def test_a_slot_that_does_not_exist_is_an_error(store: Store, weekly: Edition) -> None:
    async with store.write() as session:
        with pytest.raises(ScheduleError, match="weekly has no slot on 2026-12-09"):
            await slots.slot_on(session, weekly, date(2026, 12, 9))
        with pytest.raises(ScheduleError, match="no longer planned"):
            await slots.skip(session, 99, "why", BEFORE)
