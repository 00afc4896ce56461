"""A state changes only from where it may, and for one caller only."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from digest.databases.transitions import move_state
from digest.store import Store
from schedules.states import SlotState
from schedules.tables import Edition, Slot

NOON = datetime(2026, 12, 8, 12, 0, tzinfo=UTC)


@pytest.fixture
async def slots(store: Store) -> list[int]:
    """Two planned slots; their ids."""
    async with store.write() as session:
        edition = Edition(slug="weekly", name="Weekly")
        session.add(edition)
        await session.flush()
        made = [
            Slot(
                edition_id=edition.id,
                local_date=date(2026, 12, day),
                send_at=NOON,
                cutoff_at=NOON,
                changed_at=NOON,
            )
            for day in (8, 15)
        ]
        session.add_all(made)
        await session.flush()
        return [slot.id for slot in made if slot.id is not None]


async def compose(store: Store, slot_id: int) -> bool:
    async with store.write() as session:
        before = [SlotState.PLANNED, SlotState.HELD]
        return await move_state(
            session, Slot, slot_id, before=before, after=SlotState.COMPOSED, reason="because"
        )


async def states(store: Store) -> list[tuple[str, str | None]]:
    async with store.read() as session:
        found = await session.exec(select(Slot.state, Slot.reason).order_by(Slot.id))
        return [(state, reason) for state, reason in found]


async def test_the_row_moves_with_its_values_and_no_other_row_does(
    store: Store, slots: list[int]
) -> None:
    assert await compose(store, slots[0])
    assert await states(store) == [("composed", "because"), ("planned", None)]


async def test_from_another_state_nothing_changes(store: Store, slots: list[int]) -> None:
    assert await compose(store, slots[0])
    assert not await compose(store, slots[0])
    assert not await compose(store, 99)


async def test_of_many_at_once_one_wins(store: Store, slots: list[int]) -> None:
    won = await asyncio.gather(*(compose(store, slots[0]) for _ in range(6)))
    assert won.count(True) == 1


async def test_an_object_of_the_session_shows_the_new_state(store: Store, slots: list[int]) -> None:
    async with store.write() as session:
        slot = await session.get_one(Slot, slots[0])
        before, after = [SlotState.PLANNED], SlotState.SKIPPED
        await move_state(session, Slot, slots[0], before=before, after=after)
        assert slot.state == after
