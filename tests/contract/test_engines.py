"""One suite for both engines: they call the chores, again and again, whatever these do."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from digest.engine.embedded import EmbeddedEngine
from digest.engine.ports import Chores, Engine
from digest.engine.procrastinate import ProcrastinateEngine
from digest.store import Store

Make = Callable[[Chores], Engine]


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


class Noted:
    """Chores that count their calls, and fail as often as they are told."""

    def __init__(self, failures: int = 0) -> None:
        self.ticks = 0
        self.failures = failures
        self.sent: list[int] = []

    async def tick(self) -> None:
        self.ticks += 1
        if self.ticks <= self.failures:
            raise RuntimeError("a bug")

    async def send(self, mailing_id: int) -> None:
        self.sent.append(mailing_id)
        if len(self.sent) <= self.failures:
            raise RuntimeError("a bug")

    @property
    def chores(self) -> Chores:
        return Chores(self.tick, self.send)


@pytest.fixture
async def make(database: str, store: Store) -> AsyncIterator[Make]:
    made: list[Engine] = []

    def make(chores: Chores) -> Engine:
        engine: Engine = (
            ProcrastinateEngine(store.url, chores, tick_seconds=1)
            if database == "postgresql"
            else EmbeddedEngine(chores, seconds=0.2)
        )
        made.append(engine)
        return engine

    yield make
    for engine in made:
        await engine.stop()


async def test_it_ticks_again_and_again(make: Make) -> None:
    noted = Noted()
    await make(noted.chores).start()
    await until(lambda: noted.ticks >= 2)


async def test_a_tick_that_fails_stops_nothing(make: Make) -> None:
    noted = Noted(failures=1)
    await make(noted.chores).start()
    await until(lambda: noted.ticks >= 3)


async def test_after_the_stop_nothing_is_begun(make: Make) -> None:
    noted = Noted()
    engine = make(noted.chores)
    await engine.start()
    await until(lambda: noted.ticks >= 1)
    await engine.stop()
    ticks = noted.ticks
    await asyncio.sleep(1.5)
    assert noted.ticks == ticks


async def test_stopping_what_never_started_is_no_error(make: Make) -> None:
    await make(Noted().chores).stop()
