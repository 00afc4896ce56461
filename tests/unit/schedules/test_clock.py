"""A clock that jumps back holds scheduling, but not for ever."""

import asyncio
import logging
from datetime import datetime, timedelta

import pytest

from digest.store import Store
from schedules.clock import LONGEST_HOLD, hold_note, note_tick, resume_clock
from schedules.tables import Edition

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def tick(store: Store, now: datetime) -> bool:
    async with store.write() as session:
        return await note_tick(session, now)


async def note(store: Store, now: datetime) -> str | None:
    async with store.read() as session:
        return await hold_note(session, now)


async def test_a_steady_clock_goes_on(store: Store, now: datetime) -> None:
    assert await note(store, now) is None
    for seconds in (0, 20, 40, 90_000):
        assert await tick(store, now + timedelta(seconds=seconds))
    assert await note(store, now + timedelta(seconds=90_000)) is None


async def test_a_small_step_back_is_nothing(store: Store, now: datetime) -> None:
    assert await tick(store, now)
    assert await tick(store, now - 10 * MINUTE)
    assert not await tick(store, now - 11 * MINUTE)


async def test_small_steps_back_do_not_add_up_unseen(store: Store, now: datetime) -> None:
    assert await tick(store, now)
    assert await tick(store, now - 6 * MINUTE)
    assert not await tick(store, now - 12 * MINUTE)


async def test_a_jump_back_holds_until_the_clock_catches_up(
    store: Store, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    await tick(store, now)
    with caplog.at_level(logging.WARNING):
        assert not await tick(store, now - HOUR)
        assert not await tick(store, now - HOUR / 2)
    assert len(caplog.records) == 1
    assert "the clock jumped back by 1 h" in caplog.text
    assert await tick(store, now - MINUTE)
    assert await note(store, now) is None


async def test_the_hold_is_told_with_its_end_and_the_next_step(store: Store, now: datetime) -> None:
    await tick(store, now)
    await tick(store, now - 3 * HOUR)
    told = await note(store, now - 2 * HOUR)
    assert told is not None
    assert "until 2026-11-20 12:00 UTC" in told
    assert "`digest schedule resume-clock`" in told


async def test_a_mark_left_by_a_clock_that_ran_ahead_for_years_does_not_hold_for_ever(
    store: Store, now: datetime
) -> None:
    assert await tick(store, now + timedelta(days=3650))
    assert not await tick(store, now)
    assert not await tick(store, now + LONGEST_HOLD - MINUTE)
    assert await tick(store, now + LONGEST_HOLD)
    assert await tick(store, now + LONGEST_HOLD + MINUTE)


async def test_the_longest_hold_leaves_room_within_the_default_grace() -> None:
    assert timedelta(hours=Edition(slug="x", name="x").grace_hours) > LONGEST_HOLD


async def test_a_second_jump_back_begins_a_new_hold(store: Store, now: datetime) -> None:
    await tick(store, now)
    assert not await tick(store, now - 10 * HOUR)
    assert not await tick(store, now - 30 * HOUR)
    assert not await tick(store, now - 30 * HOUR + LONGEST_HOLD - MINUTE)
    assert await tick(store, now - 30 * HOUR + LONGEST_HOLD)


async def test_an_editor_ends_the_hold_at_once(store: Store, now: datetime) -> None:
    await tick(store, now + timedelta(days=3650))
    await tick(store, now)
    async with store.write() as session:
        assert await resume_clock(session, now)
        assert not await resume_clock(session, now)
    assert await tick(store, now)


async def test_of_two_machines_only_the_one_that_is_behind_is_held(
    store: Store, now: datetime
) -> None:
    for seconds in range(0, 24 * 3600, 3600):
        there = now + timedelta(seconds=seconds)
        assert await tick(store, there)
        assert not await tick(store, there - HOUR / 2)


async def test_two_first_ticks_at_once_leave_one_mark(
    store: Store, other_store: Store, now: datetime
) -> None:
    assert await asyncio.gather(tick(store, now), tick(other_store, now)) == [True, True]
