"""One suite for both kinds of a worker's lock: a locked file, and a lock in PostgreSQL."""

import asyncio
import fcntl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from digest.delivery.guards.advisory_lock import AdvisoryLock
from digest.delivery.guards.liveness import FileLock, Liveness
from digest.delivery.states import Route
from digest.store import Store
from tests.postgres import Cluster

Take = Callable[..., Awaitable[Liveness]]

HOLD = """
import asyncio, sys
from pathlib import Path
from digest.delivery.guards.advisory_lock import AdvisoryLock
from digest.delivery.guards.liveness import FileLock

async def hold(kind, place):
    lock = await AdvisoryLock.take(place) if kind == "postgresql" else FileLock(Path(place))
    print(lock.owner, flush=True)
    await asyncio.sleep(60)

asyncio.run(hold(*sys.argv[1:]))
"""


@pytest.fixture
async def take(database: str, store: Store, tmp_path: Path) -> AsyncIterator[Take]:
    """Takes the lock of one more worker; its patience matters on PostgreSQL only."""
    taken: list[Liveness] = []

    async def take(*routes: Route, **patience: float) -> Liveness:
        lock: Liveness
        if database == "postgresql":
            lock = await AdvisoryLock.take(store.url, routes, **patience)
        else:
            lock = FileLock(tmp_path / "workers", routes)
        taken.append(lock)
        return lock

    yield take
    for lock in taken:
        if not lock.lost():
            lock.release()


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def test_workers_see_that_the_others_are_alive(take: Take) -> None:
    one, other = await take(), await take()
    assert one.owner != other.owner
    assert one.holds()
    assert not one.lost()
    await until(lambda: one.is_alive(other.owner) and other.is_alive(one.owner))


async def test_a_worker_that_releases_its_lock_is_dead_to_the_others_within_seconds(
    take: Take,
) -> None:
    one, other = await take(), await take()
    one.release()
    assert not one.holds()
    assert one.lost()
    await until(lambda: not other.is_alive(one.owner))
    assert other.holds()


async def test_an_owner_whose_lock_nobody_holds_is_dead(take: Take) -> None:
    lock = await take()
    await until(lambda: not lock.is_alive("nobody"))


async def test_a_route_is_served_while_one_of_its_workers_is_alive(take: Take) -> None:
    web = await take(patience_seconds=3)
    one, other = await take(Route.RELAY), await take(Route.RELAY, Route.INBOX)
    await until(lambda: web.sharing(Route.RELAY) == 2)
    assert web.sharing(Route.INBOX) == 1
    one.release()
    await asyncio.sleep(4)
    assert [web.serves(route) for route in (Route.RELAY, Route.INBOX)] == [True, True]
    other.release()
    await until(lambda: not web.serves(Route.RELAY))
    assert not web.serves(Route.INBOX)
    assert web.sharing(Route.RELAY) == 1


async def test_a_route_that_no_worker_serves_is_recognised_in_time(take: Take) -> None:
    lock = await take(Route.INBOX, patience_seconds=3)
    await until(lambda: not lock.serves(Route.RELAY))
    assert lock.serves(Route.INBOX)


@pytest.mark.parametrize("database", ["postgresql"])
async def test_a_worker_that_has_just_started_waits_for_machines_that_start_later(
    take: Take,
) -> None:
    lock = await take()  # with the patience of production
    await until(lambda: not lock.is_alive("nobody"))
    assert lock.serves(Route.RELAY)


async def test_a_killed_process_is_dead_within_seconds(
    take: Take, database: str, store: Store, tmp_path: Path
) -> None:
    lock = await take()
    place = store.url if database == "postgresql" else str(tmp_path / "workers")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, database, place], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        owner = (await asyncio.to_thread(process.stdout.readline)).strip()
        await until(lambda: lock.is_alive(owner))  # on PostgreSQL it is seen at the next look
        process.kill()
    await until(lambda: not lock.is_alive(owner))


@pytest.mark.parametrize("database", ["postgresql"])
async def test_a_cut_connection_is_noticed_at_once_and_the_lock_is_taken_again(
    take: Take, store: Store, cluster: Cluster
) -> None:
    lock, other = await take(), await take()
    cluster.kill_backends(store.url)
    await until(lambda: not lock.holds(), seconds=5)
    assert not lock.lost()
    await until(lock.holds)
    await asyncio.sleep(1.5)  # a look or two later
    assert other.is_alive(lock.owner)


@pytest.mark.parametrize("database", ["postgresql"])
async def test_a_worker_that_is_cut_off_declares_nobody_dead(
    take: Take, store: Store, cluster: Cluster
) -> None:
    lock, other = await take(), await take()
    cluster.kill_backends(store.url)
    other.release()
    await until(lambda: not lock.holds(), seconds=5)
    assert lock.is_alive(other.owner)
    await until(lambda: not lock.is_alive(other.owner))


def test_a_lock_file_that_another_worker_removes_before_it_is_locked_is_created_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, real, calls = FileLock(tmp_path), fcntl.flock, []

    def flock(file: int, how: int) -> None:
        calls.append(how)
        if len(calls) == 1:
            other.living()  # looks at every file there is
        real(file, how)

    monkeypatch.setattr("digest.delivery.guards.liveness.fcntl.flock", flock)
    late = FileLock(tmp_path)
    assert late.holds()
    assert other.is_alive(late.owner)
    late.release()
    other.release()


def test_a_worker_whose_lock_file_is_still_empty_counts_for_every_route(tmp_path: Path) -> None:
    web, other = FileLock(tmp_path), FileLock(tmp_path, [Route.INBOX])
    assert not web.serves(Route.RELAY)
    (tmp_path / f"{other.owner}.lock").write_text("")
    assert web.serves(Route.RELAY)
    assert web.sharing(Route.RELAY) == 1
    other.release()
    web.release()
