"""The faults: each a `Scenario`, which does something to senders and judges the result."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from schedules.states import OnUnknown
from tests.faults import children, wrong_designs
from tests.faults.installation import addresses
from tests.faults.pace import Pace
from tests.faults.scene import (
    Ground,
    begun,
    kill_until_done,
    quiet,
    set_up,
    suspend_between_writes,
)
from tests.faults.sink import Sink
from tests.faults.verdicts import Breach, Breaches, Observed, nothing_unknown, promise

LEASE = 0.4
SHORT_LEASE = Pace(lease=LEASE)


@dataclass(frozen=True)
class Scenario:
    """`run` causes the fault and returns what was observed; `verdict` finds the breaches in it."""

    name: str
    run: Callable[[Ground], Awaitable[Observed]]
    verdict: Callable[[Observed], Breaches]


def killed(policy: OnUnknown) -> Scenario:
    """`kill -9` again and again, until a process finishes."""

    async def run(ground: Ground) -> Observed:
        async with AsyncExitStack() as stack:
            scene = await set_up(stack, ground, policy)
            armed: list[int] = [0]

            async def note() -> None:
                armed.append(await scene.most_armed())

            kills, status = await kill_until_done(
                lambda: children.start_worker(scene.installation),
                scene.sink,
                scene.dice,
                gap=ground.readers // 6,
                most=ground.rounds,
                after_each=note,
            )
            return await scene.observe(
                kills=kills,
                struck=kills,
                most_armed=max(armed),
                most_copies=2 if policy is OnUnknown.RESEND else 1,
                exit_codes=[status],
            )

    return Scenario(f"kill -9, {policy.value}", run, promise)


def killed_among(policy: OnUnknown, workers: int = 3) -> Scenario:
    """`kill -9` of one of several senders, while the others continue; a new one replaces it."""

    async def run(ground: Ground) -> Observed:
        async with AsyncExitStack() as stack:
            scene = await set_up(stack, ground, policy)
            senders = [children.start_worker(scene.installation) for _ in range(workers)]
            kills, armed = 0, [0]
            while kills < ground.rounds:
                target = scene.sink.begun + scene.dice.randint(1, ground.readers // 8)
                victim = scene.dice.randrange(workers)
                await begun(scene.sink, target, senders[victim])
                await asyncio.sleep(scene.dice.uniform(0, 0.015))
                if any(one.exitcode is not None for one in senders):
                    break
                senders[victim].kill()
                senders[victim].join()
                kills += 1
                armed.append(await scene.most_armed())
                senders[victim] = children.start_worker(scene.installation)
            codes = [await children.ended(one) for one in senders]
            return await scene.observe(
                kills=kills,
                struck=kills,
                most_armed=max(armed),
                most_copies=2 if policy is OnUnknown.RESEND else 1,
                exit_codes=codes,
            )

    return Scenario(f"kill -9 of one of {workers}, {policy.value}", run, promise)


def wrong(design: wrong_designs.Design, breach: Breach) -> Scenario:
    """A design that breaks the promise; the verdict requires that the harness finds this breach."""

    async def run(ground: Ground) -> Observed:
        dice = random.Random(ground.seed)
        ground.folder.mkdir(parents=True)
        book = ground.folder / "book.db"
        wrong_designs.make_book(book, addresses(ground.readers))
        async with Sink(dice=random.Random(ground.seed + 1), slowest=0.004) as sink:
            kills, status = await kill_until_done(
                lambda: children.start_wrong(design, book, sink.port),
                sink,
                dice,
                gap=ground.readers // 6,
                most=ground.rounds,
            )
            await sink.settle()
            return Observed(
                copies=sink.copies(),
                message_ids=sink.message_ids(),
                rows=wrong_designs.read_book(book),
                connections=1,
                kills=kills,
                struck=kills,
                exit_codes=[status],
            )

    def verdict(observed: Observed) -> Breaches:
        found = promise(observed)
        if breach in found:
            return {}
        return {Breach.NOT_STRUCK: f"a wrong design passed; missed: {breach}"}

    return Scenario(f"wrong: {design.__name__.replace('_', ' ')}", run, verdict)


async def judge(scenario: Scenario, ground: Ground) -> tuple[Observed | None, Breaches]:
    """One run and its verdict; a run that gets stuck has broken the promise too.

    A run whose fork server was killed from outside proves nothing and is repeated once.
    """
    try:
        observed = await scenario.run(ground)
        if children.FORK_SERVER_DIED in observed.exit_codes:
            again = ground.folder.with_name(f"{ground.folder.name} again")
            observed = await scenario.run(replace(ground, folder=again))
    except TimeoutError:
        return None, {Breach.ENDED_BADLY: "stuck: a process did not end"}
    return observed, scenario.verdict(observed)


async def _terminated(ground: Ground) -> Observed:
    """SIGTERM again and again: what is in flight is recorded each time, and nothing is unknown."""
    async with AsyncExitStack() as stack:
        scene = await set_up(stack, ground, OnUnknown.RESEND)
        stops, left, codes = 0, [0], []
        while stops < ground.rounds:
            process = children.start_worker(scene.installation)
            stack.callback(process.kill)
            target = scene.sink.begun + scene.dice.randint(1, max(1, ground.readers // 40))
            await begun(scene.sink, target, process)
            await asyncio.sleep(scene.dice.uniform(0, 0.015))
            if process.exitcode is not None:
                codes.append(await children.ended(process))
                break
            process.terminate()
            code = await children.ended(process)
            codes.append(0 if code == children.STOPPED else code)
            stops += 1
            left.append(await scene.count("armed") + await scene.count("claimed"))
        codes.append(await children.ended(children.start_worker(scene.installation)))
        return await scene.observe(struck=stops, most_armed=max(left), exit_codes=codes)


def _orderly(observed: Observed) -> Breaches:
    found = nothing_unknown(observed)
    if observed.most_armed:
        found[Breach.ENDED_BADLY] = (
            f"{observed.most_armed} left in flight by a process that stopped"
        )
    return found


async def _slept(ground: Ground) -> Observed:
    """A worker is suspended past its lease while another works, and then continues."""
    async with AsyncExitStack() as stack:
        scene = await set_up(stack, ground, OnUnknown.RESEND)
        sleeper = children.start_worker(scene.installation, SHORT_LEASE)
        stack.callback(sleeper.kill)
        await begun(scene.sink, scene.dice.randint(2, 12), sleeper)
        await suspend_between_writes(sleeper, scene)
        before = await scene.count("claimed")
        other = children.start_worker(scene.installation, SHORT_LEASE)
        stack.callback(other.kill)
        await quiet(scene.sink, LEASE + 0.6)
        taken_over = before - await scene.count("claimed")
        children.resume(sleeper)
        codes = [await children.ended(one) for one in (sleeper, other)]
        return await scene.observe(struck=taken_over, exit_codes=codes)


TERMINATED = Scenario("SIGTERM", _terminated, _orderly)
SLEPT = Scenario("SIGSTOP past the lease", _slept, nothing_unknown)
KILLED_AMONG = [killed_among(policy) for policy in (OnUnknown.RESEND, OnUnknown.HOLD)]
KILLED = [killed(policy) for policy in (OnUnknown.RESEND, OnUnknown.HOLD)]
WRONG = [
    wrong(wrong_designs.cursor_at_fetch, Breach.LOST),
    wrong(wrong_designs.mark_after_batch, Breach.DOUBLED),
]
