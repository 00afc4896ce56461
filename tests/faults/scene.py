"""The parts of fault runs: a sink, an issue on its way to it, and random moments for faults."""

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from digest.app import App
from schedules.states import OnUnknown
from tests.faults import children
from tests.faults.children import Process
from tests.faults.installation import CONNECTIONS, Installation, Template, look, start
from tests.faults.sink import Sink
from tests.faults.verdicts import Observed


@dataclass(frozen=True)
class Ground:
    """The parameters of one run; `rounds` is how often the fault may occur at most."""

    template: Template
    folder: Path
    readers: int
    seed: int
    rounds: int = 5


class Scene:
    """A sink, an installation that sends an issue to it, and a random generator."""

    def __init__(
        self, sink: Sink, installation: Installation, app: App, dice: random.Random
    ) -> None:
        self.sink, self.installation, self.app, self.dice = sink, installation, app, dice

    async def observe(self, **done: object) -> Observed:
        """What the sink counted and the ledger says at the end of a run; `done` was done to it."""
        await self.sink.settle()
        rows, counts = await look(self.app)
        return Observed(
            copies=self.sink.copies(),
            message_ids=self.sink.message_ids(),
            rows=rows,
            connections=CONNECTIONS,
            equation=counts,
            **done,  # type: ignore[arg-type]
        )

    async def most_armed(self) -> int:
        """The most armed deliveries of any one sender, dead or alive."""
        rows, _ = await look(self.app)
        owners = Counter(row.owner for row in rows.values() if row.state == "armed")
        return max(owners.values(), default=0)

    async def count(self, state: str) -> int:
        """How many deliveries are in a state now."""
        rows, _ = await look(self.app)
        return sum(row.state == state for row in rows.values())


async def set_up(
    stack: AsyncExitStack,
    ground: Ground,
    policy: OnUnknown,
    slowest: float = 0.01,
    **more: object,
) -> Scene:
    """A new copy of the installation that is sending; `more` are settings for this run."""
    dice = random.Random(ground.seed)
    there = Sink(dice=random.Random(ground.seed + 1), slowest=slowest)
    sink = await stack.enter_async_context(there)
    installation = await start(ground.template, ground.folder, sink.port, policy, **more)
    app = await stack.enter_async_context(installation.opened())
    return Scene(sink, installation, app, dice)


async def kill_until_done(
    start_one: Callable[[], BaseProcess],
    sink: Sink,
    dice: random.Random,
    *,
    gap: int,
    most: int,
    after_each: Callable[[], Awaitable[None]] | None = None,
) -> tuple[int, int]:
    """Start and kill, each time after up to `gap` more messages; (kills, last exit status).

    After `most` kills the next process may finish. One in ten is killed in its first
    moments instead, when it may not have sent anything.
    """
    for kills in range(most):
        process = start_one()
        try:
            if await _lives_to_the_end(process, sink, dice, gap):
                return kills, await children.ended(process)
        finally:
            process.kill()
        await children.ended(process)
        if after_each:
            await after_each()
    return most, await children.ended(start_one())


async def _lives_to_the_end(
    process: BaseProcess, sink: Sink, dice: random.Random, gap: int
) -> bool:
    if dice.random() < 0.1:
        await asyncio.sleep(dice.uniform(0, 0.2))
    else:
        await begun(sink, sink.begun + dice.randint(1, gap), process)
        await asyncio.sleep(dice.uniform(0, 0.015))
    return process.exitcode is not None


async def begun(sink: Sink, target: int, process: Process, seconds: float = 60) -> None:
    """Wait until `target` messages were begun, or the process has ended."""
    async with asyncio.timeout(seconds):
        while sink.begun < target and process.exitcode is None:
            await asyncio.sleep(0.001)


async def quiet(sink: Sink, seconds: float, most: float = 20) -> None:
    """Wait until the sink has taken nothing for `seconds`, at most for `most` seconds."""
    taken, since, deadline = len(sink.taken), time.monotonic(), time.monotonic() + most
    while time.monotonic() < min(since + seconds, deadline):
        await asyncio.sleep(0.05)
        if len(sink.taken) != taken:
            taken, since = len(sink.taken), time.monotonic()


async def suspend_between_writes(process: BaseProcess, scene: Scene) -> None:
    """Suspend a process at a moment when it does not hold the database's write lock."""
    while True:
        children.suspend(process)
        if _writable(scene.installation.settings().store_url):
            return
        children.resume(process)
        await asyncio.sleep(scene.dice.uniform(0, 0.01))


def _writable(url: str) -> bool:
    database = sqlite3.connect(url.partition("///")[2], timeout=0.05, isolation_level=None)
    try:
        database.execute("BEGIN IMMEDIATE")
        database.execute("ROLLBACK")
        return True
    except sqlite3.OperationalError:
        return False
    finally:
        database.close()
