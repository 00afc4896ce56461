"""The ticker, for real, on the running loop."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from schedules.ticker import JOB, Ticker

EVERY = 0.05
Start = Callable[..., Ticker]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts tickers and stops them after the test."""
    started: list[Ticker] = []

    def begin(wake: Callable[[], Awaitable[None]], *args: object) -> Ticker:
        ticker = Ticker(wake, *args)
        started.append(ticker)
        ticker.start()
        return ticker

    yield begin
    for ticker in started:
        await ticker.stop()


class Wakes:
    """Counts its calls; may take its time or fail."""

    def __init__(self, seconds: float = 0, failing: int = 0) -> None:
        self.count = 0
        self.running = 0
        self.most_at_once = 0
        self.seconds = seconds
        self.failing = failing

    async def __call__(self) -> None:
        self.count += 1
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        await asyncio.sleep(self.seconds)
        self.running -= 1
        if self.count <= self.failing:
            raise ConnectionError(f"no database at call {self.count}")

    async def reach(self, count: int) -> None:
        async with asyncio.timeout(30):
            while self.count < count:
                await asyncio.sleep(0.005)


async def test_it_wakes_at_once_and_again_and_again(start: Start) -> None:
    rarely, wakes = Wakes(), Wakes()
    start(rarely, 3600)
    await rarely.reach(1)
    began = time.monotonic()
    start(wakes, EVERY)
    await wakes.reach(4)
    assert time.monotonic() - began >= 3 * EVERY


async def test_a_long_call_is_never_doubled(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    wakes = Wakes(seconds=4 * EVERY)
    with caplog.at_level(logging.CRITICAL, logger="apscheduler"):
        start(wakes, EVERY)
        await wakes.reach(3)
    assert wakes.most_at_once == 1


async def test_a_failing_call_is_reported_and_does_not_stop_it(start: Start) -> None:
    errors: list[Exception] = []
    wakes = Wakes(failing=2)
    start(wakes, EVERY, errors.append)
    await wakes.reach(4)
    assert [str(error) for error in errors] == [
        "no database at call 1",
        "no database at call 2",
    ]


async def test_a_failing_call_is_logged_by_default(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    wakes = Wakes(failing=1)
    start(wakes, EVERY)
    await wakes.reach(2)
    assert "a wake-up failed; the next one tries again" in caplog.text
    assert "no database at call 1" in caplog.text


async def test_wake_soon_does_not_wait_for_the_next_tick(start: Start) -> None:
    wakes = Wakes()
    ticker = start(wakes, 60)
    await wakes.reach(1)
    ticker.wake_soon()
    await wakes.reach(2)


async def test_wake_soon_during_a_call_leads_to_one_more(start: Start) -> None:
    wakes = Wakes(seconds=0.05)
    ticker = start(wakes, 60)
    await wakes.reach(1)
    ticker.wake_soon()
    ticker.wake_soon()
    await asyncio.sleep(0.3)
    assert wakes.count == 2
    assert wakes.most_at_once == 1


async def test_stopping_waits_for_the_call_in_progress(start: Start) -> None:
    wakes = Wakes(seconds=0.1)
    ticker = start(wakes, EVERY)
    await wakes.reach(1)
    await ticker.stop()
    assert wakes.running == 0
    after = wakes.count
    ticker.wake_soon()
    await asyncio.sleep(3 * EVERY)
    assert wakes.count == after


async def test_stopping_twice_or_before_the_first_call_is_harmless(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    ticker = start(Wakes(), EVERY)
    await ticker.stop()
    await ticker.stop()
    await Ticker(Wakes()).stop()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_it_keeps_ticking_after_a_clock_jumped_back_by_years(start: Start) -> None:
    """Such a jump leaves a next run that is years ahead of the clock."""
    wakes = Wakes()
    ticker = start(wakes, EVERY)
    await wakes.reach(1)
    later = datetime.now(UTC) + timedelta(days=3650)
    ticker._scheduler.modify_job(JOB, next_run_time=later)
    before = wakes.count
    await wakes.reach(before + 3)


async def test_a_clock_that_jumped_ahead_causes_no_burst_of_wake_ups(start: Start) -> None:
    """Such a jump leaves a next run that is long past."""
    wakes = Wakes()
    ticker = start(wakes, EVERY)
    await wakes.reach(1)
    began = time.process_time()
    earlier = datetime.now(UTC) - timedelta(days=3)
    ticker._scheduler.modify_job(JOB, next_run_time=earlier)
    before = wakes.count
    await wakes.reach(before + 2)
    assert time.process_time() - began < 0.8
