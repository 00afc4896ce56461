"""Faults of the machine that a sender runs on: its database, its disk and its clock."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from functools import partial

from schedules.states import OnUnknown
from tests.faults import children
from tests.faults.apart import start_apart
from tests.faults.children import Process
from tests.faults.clocks import moved_clock
from tests.faults.disks import small_disk
from tests.faults.installation import CONNECTIONS
from tests.faults.pace import Pace
from tests.faults.scenarios import Scenario
from tests.faults.scene import Ground, Scene, begun, set_up
from tests.faults.verdicts import Breach, Breaches, Observed, nothing_unknown, promise

IMPATIENT = Pace(busy=0.05)
HOUR, DAY = 3600, 86400
MOVES = 2 * (HOUR, -HOUR, 30 * DAY, -30 * DAY)


@dataclass
class _Strikes:
    """Causes a fault at random moments, at most `most` times or until the sender ends."""

    scene: Scene
    process: Process
    gap: int
    most: int

    async def each(self, harm: Callable[[int], Awaitable[bool]]) -> int:
        """Call `harm` each time; how often it took effect."""
        struck = 0
        for number in range(self.most):
            target = self.scene.sink.begun + self.scene.dice.randint(1, self.gap)
            await begun(self.scene.sink, target, self.process)
            await asyncio.sleep(self.scene.dice.uniform(0, 0.015))
            if self.process.exitcode is not None:
                break
            struck += await harm(number)
        return struck


async def _locked(ground: Ground) -> Observed:
    """Another process locks the database again and again, for longer than the sender waits."""
    async with AsyncExitStack() as stack:
        scene = await set_up(stack, ground, OnUnknown.RESEND)
        process = children.start_worker(scene.installation, IMPATIENT)
        stack.callback(process.kill)
        seen: Breaches = {}

        async def hold(_: int) -> bool:
            other = sqlite3.connect(ground.folder / "digest.db", isolation_level=None, timeout=10)
            with closing(other):
                other.execute("BEGIN IMMEDIATE")
                before = len(scene.sink.taken)
                armed = other.execute("SELECT count(*) FROM delivery WHERE state = 'armed'")
                [allowed] = armed.fetchone()
                await asyncio.sleep(scene.dice.uniform(0.1, 0.5))
                sent = len(scene.sink.taken) - before
                other.execute("ROLLBACK")
            if sent > allowed:
                seen[Breach.WITHOUT_LEAVE] = f"{sent} dots, and {allowed} were armed"
            return True

        strikes = _Strikes(scene, process, ground.readers // 8, ground.rounds)
        struck = await strikes.each(hold)
        return await scene.observe(
            struck=struck, seen=seen, exit_codes=[await children.ended(process)]
        )


async def _disk_full(ground: Ground) -> Observed:
    """The disk is full for a moment, again and again; the same process continues each time."""
    async with AsyncExitStack() as stack:
        disk = stack.enter_context(small_disk(ground.folder))
        scene = await set_up(stack, ground, OnUnknown.RESEND, disk_reserve_mb=0)
        process = children.start_worker(scene.installation, IMPATIENT)
        stack.callback(process.kill)
        assert process.pid

        async def fill(_: int) -> bool:
            disk.fill(process.pid or 0)
            before = scene.sink.begun
            await asyncio.sleep(scene.dice.uniform(0.2, 0.6))
            done = scene.sink.begun - before
            disk.free(process.pid or 0)
            return done <= 4 * CONNECTIONS

        strikes = _Strikes(scene, process, ground.readers // 8, ground.rounds)
        struck = await strikes.each(fill)
        code = await children.ended(process)
        seen = _damage(ground)
        return await scene.observe(struck=struck, how=disk.kind, seen=seen, exit_codes=[code])


def _damage(ground: Ground) -> Breaches:
    with closing(sqlite3.connect(ground.folder / "digest.db")) as database:
        [result] = database.execute("PRAGMA integrity_check").fetchone()
    return {} if result == "ok" else {Breach.DAMAGED: result}


async def _clock_moved(ground: Ground) -> Observed:
    """While a sender works, its clock jumps ahead and back, by an hour and by a month."""
    async with AsyncExitStack() as stack:
        scene = await set_up(stack, ground, OnUnknown.RESEND, slowest=0.03)
        clock = moved_clock(ground.folder)
        process = start_apart(scene.installation, Pace(tidy=0.05), **clock.environment)
        stack.callback(process.kill)

        async def move(number: int) -> bool:
            clock.move(MOVES[number])
            await asyncio.sleep(scene.dice.uniform(0.1, 0.25))
            clock.move(0)  # a month ahead, everything has expired
            return process.exitcode is None

        strikes = _Strikes(scene, process, ground.readers // 15, len(MOVES))
        struck = await strikes.each(move)
        return await scene.observe(struck=struck, exit_codes=[await children.ended(process)])


async def _cut_off(workers: int, ground: Ground) -> Observed:
    """All connections to the database are cut again and again; a sender that ends is restarted."""
    async with AsyncExitStack() as stack:
        scene = await set_up(stack, ground, OnUnknown.RESEND)
        template, url = ground.template, scene.installation.settings().store_url
        assert template.cluster
        senders = [children.start_worker(scene.installation) for _ in range(workers)]
        cuts = 0
        while cuts < ground.rounds:
            target = scene.sink.begun + scene.dice.randint(1, ground.readers // 8)
            await begun(scene.sink, target, senders[0])
            await asyncio.sleep(scene.dice.uniform(0, 0.015))
            if any(one.exitcode == 0 for one in senders):
                break
            template.cluster.kill_backends(url)
            cuts += 1
            for place, one in enumerate(senders):
                if one.exitcode is not None:
                    senders[place] = children.start_worker(scene.installation)
        for one in senders:
            await children.ended(one)
        code = await children.ended(children.start_worker(scene.installation))
        return await scene.observe(kills=cuts * workers, struck=cuts, exit_codes=[code])


LOCKED = Scenario("database locked", _locked, nothing_unknown)
DISK_FULL = Scenario("disk full", _disk_full, nothing_unknown)
CLOCK = Scenario("clock moved by an hour, by a month", _clock_moved, nothing_unknown)
CUT_OFF = Scenario("database connections killed", partial(_cut_off, 2), promise)
