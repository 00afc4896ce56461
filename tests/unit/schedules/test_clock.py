"""A clock that jumps back suspends scheduling, but not for ever."""

import asyncio
import logging
from datetime import datetime, timedelta

import pytest

from digest.store import Store
from schedules.clock import note_tick, resume_clock, suspension_note
from schedules.tables import Edition

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SIX_HOURS = 6 * HOUR  # as documented


async def tick(store: Store, now: datetime) -> bool:
    async with store.write() as session:
        return await note_tick(session, now)


async def note(store: Store, now: datetime) -> str | None:
    async with store.read() as session:
        return await suspension_note(session, now)


async def test_a_steady_clock_never_suspends_scheduling(store: Store, now: datetime) -> None:
    assert await note(store, now) is None
    for seconds in (0, 20, 40, 90_000):
        assert await tick(store, now + timedelta(seconds=seconds))
    assert await note(store, now + timedelta(seconds=90_000)) is None


async def test_a_step_back_of_ten_minutes_is_tolerated(store: Store, now: datetime) -> None:
    assert await tick(store, now)
    assert await tick(store, now - 10 * MINUTE)
    assert not await tick(store, now - 11 * MINUTE)


async def test_small_steps_back_add_up(store: Store, now: datetime) -> None:
    assert await tick(store, now)
    assert await tick(store, now - 6 * MINUTE)
    assert not await tick(store, now - 12 * MINUTE)


async def test_a_jump_back_suspends_scheduling_until_the_clock_catches_up(
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


async def test_the_note_names_the_end_of_the_suspension_and_the_next_step(
    store: Store, now: datetime
) -> None:
    await tick(store, now)
    await tick(store, now - 3 * HOUR)
    text = await note(store, now - 2 * HOUR)
    assert text is not None
    assert "until 2026-11-20 12:00 UTC" in text
    assert "`digest schedule resume-clock`" in text


async def test_a_mark_years_ahead_suspends_scheduling_for_six_hours_of_ticking(
    store: Store, now: datetime
) -> None:
    assert await tick(store, now + timedelta(days=3650))
    assert not await tick(store, now)
    assert not await tick(store, now + SIX_HOURS - MINUTE)
    assert await tick(store, now + SIX_HOURS)
    assert await tick(store, now + SIX_HOURS + MINUTE)


async def test_the_longest_suspension_is_shorter_than_the_default_grace() -> None:
    assert timedelta(hours=Edition(slug="x", name="x").grace_hours) > SIX_HOURS


async def test_a_second_jump_back_starts_the_six_hours_again(store: Store, now: datetime) -> None:
    await tick(store, now)
    assert not await tick(store, now - 10 * HOUR)
    assert not await tick(store, now - 30 * HOUR)
    assert not await tick(store, now - 30 * HOUR + SIX_HOURS - MINUTE)
    assert await tick(store, now - 30 * HOUR + SIX_HOURS)


async def test_an_editor_who_trusts_the_clock_resumes_scheduling_at_once(
    store: Store, now: datetime
) -> None:
    await tick(store, now + timedelta(days=3650))
    await tick(store, now)
    async with store.write() as session:
        assert await resume_clock(session, now)
        assert not await resume_clock(session, now)
    assert await tick(store, now)


async def test_of_two_machines_only_the_one_that_is_behind_is_suspended(
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
