"""One suite for both engines: they do their chores again and again, even after failures."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from digest.engine.embedded import EmbeddedEngine
from digest.engine.ports import Chore, Engine
from digest.engine.procrastinate import ProcrastinateEngine
from digest.store import Store

Make = Callable[["Noted"], Engine]


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


class Noted:
    """Chores that count their calls and fail as often as requested."""

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

    def chores(self, every_seconds: float = 20) -> list[Chore]:
        return [Chore("tick", self.tick, every_seconds)]


@pytest.fixture
async def make(database: str, store: Store) -> AsyncIterator[Make]:
    made: list[Engine] = []

    def make(noted: Noted) -> Engine:
        engine: Engine = (
            ProcrastinateEngine(store.url, noted.chores(1), noted.send)
            if database == "postgresql"
            else EmbeddedEngine(noted.chores(0.2))
        )
        made.append(engine)
        return engine

    yield make
    for engine in made:
        await engine.stop()


async def test_it_ticks_again_and_again(make: Make) -> None:
    noted = Noted()
    await make(noted).start()
    await until(lambda: noted.ticks >= 2)


async def test_a_tick_that_fails_stops_nothing(make: Make) -> None:
    noted = Noted(failures=1)
    await make(noted).start()
    await until(lambda: noted.ticks >= 3)


async def test_after_the_stop_nothing_is_begun(make: Make) -> None:
    noted = Noted()
    engine = make(noted)
    await engine.start()
    await until(lambda: noted.ticks >= 1)
    await engine.stop()
    ticks = noted.ticks
    await asyncio.sleep(1.5)
    assert noted.ticks == ticks


async def test_stopping_what_never_started_is_no_error(make: Make) -> None:
    await make(Noted()).stop()


async def test_each_of_several_chores_is_done(database: str, store: Store) -> None:
    first, second = Noted(), Noted()
    chores = [Chore("tick", first.tick, 1), Chore("votes", second.tick, 1)]
    engine: Engine = (
        ProcrastinateEngine(store.url, chores, first.send)
        if database == "postgresql"
        else EmbeddedEngine(chores)
    )
    await engine.start()
    await until(lambda: first.ticks > 0 and second.ticks > 0)
    await engine.stop()
