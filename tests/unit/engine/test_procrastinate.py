"""Jobs come with the transaction that needs them, and survive the process that runs them."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import text

from digest.engine.ports import DeliverMailing
from digest.engine.procrastinate import ProcrastinateEngine, cron_of, defer_sending
from digest.store import Store
from tests.contract.test_engines import Noted, until
from tests.postgres import Cluster

HANG = """
import asyncio, sys
from digest.engine.procrastinate import ProcrastinateEngine

async def hang(mailing_id):
    print("at work", flush=True)
    await asyncio.sleep(60)

async def main(url):
    await ProcrastinateEngine(url, [], hang).start()
    await asyncio.sleep(60)

asyncio.run(main(sys.argv[1]))
"""

Start = Callable[..., ProcrastinateEngine]


@pytest.fixture
def database() -> str:
    """Where jobs are."""
    return "postgresql"


@pytest.fixture
async def start(store: Store) -> AsyncIterator[Start]:
    engines: list[ProcrastinateEngine] = []

    def start(noted: Noted, send: DeliverMailing | None = None) -> ProcrastinateEngine:
        engines.append(ProcrastinateEngine(store.url, noted.chores(), send or noted.send))
        return engines[-1]

    yield start
    for engine in engines:
        await engine.stop()


async def jobs(store: Store) -> list[tuple[str, int]]:
    """(status, attempts) of the jobs that send."""
    query = "SELECT status::text, attempts FROM procrastinate_jobs WHERE task_name = 'send'"
    async with store.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def defer(store: Store, mailing_id: int = 7) -> None:
    async with store.write() as session:
        await defer_sending(session, mailing_id)


async def test_a_job_is_there_if_and_only_if_its_transaction_commits(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        await _defer_and_fail(store)
    assert await jobs(store) == []
    await defer(store)
    assert await jobs(store) == [("todo", 0)]


async def _defer_and_fail(store: Store) -> None:
    async with store.write() as session:
        await defer_sending(session, 7)
        raise ZeroDivisionError


async def test_it_is_done_at_once_and_leaves_nothing(store: Store, start: Start) -> None:
    noted = Noted()
    await start(noted).start()
    await until(lambda: noted.ticks > 0)
    await defer(store)
    await until(lambda: noted.sent == [7], seconds=1)
    await asyncio.sleep(0.3)
    assert await jobs(store) == []


async def test_one_that_fails_is_tried_again(store: Store, start: Start) -> None:
    noted = Noted(failures=2)
    await start(noted).start()
    await defer(store)
    await until(lambda: noted.sent == [7, 7, 7])


async def test_one_mailing_is_delivered_by_one_process_at_a_time(
    store: Store, start: Start
) -> None:
    busy, most = 0, 0

    async def send(_: int) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.2)
        busy -= 1

    for _ in range(3):
        await defer(store)
    for _ in range(2):
        await start(Noted(), send).start()
    async with asyncio.timeout(60):
        while await jobs(store):
            await asyncio.sleep(0.05)
    assert most == 1


async def test_a_stopping_process_hands_its_jobs_over_at_once(store: Store, start: Start) -> None:
    began = asyncio.Event()

    async def hang(_: int) -> None:
        began.set()
        await asyncio.sleep(60)

    first = start(Noted(), hang)
    await first.start()
    await defer(store)
    await began.wait()
    await asyncio.wait_for(first.stop(), 30)
    assert await jobs(store) == [("todo", 1)]
    noted = Noted()
    await start(noted).start()
    await until(lambda: noted.sent == [7])


async def test_a_dead_process_s_job_is_taken_over_within_seconds_and_counts_as_an_attempt(
    store: Store, start: Start
) -> None:
    await defer(store)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HANG, store.url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    process.kill()
    await process.wait()
    attempts: list[tuple[str, int]] = []

    async def send(_: int) -> None:
        attempts.extend(await jobs(store))

    await start(Noted(), send).start()
    await until(lambda: attempts == [("doing", 1)], seconds=20)


async def test_work_continues_after_its_connections_are_cut(
    store: Store, start: Start, cluster: Cluster
) -> None:
    noted = Noted()
    await start(noted).start()
    await until(lambda: noted.ticks > 0)
    cluster.kill_backends(store.url)
    await defer(store)
    await until(lambda: noted.sent == [7])


@pytest.mark.parametrize("database", ["sqlite"])
async def test_an_embedded_store_has_no_jobs(store: Store) -> None:
    await defer(store)


async def test_it_ends_even_if_its_worker_fails_while_ending(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the library raises that failure instead of the cancellation, which is lost."""
    noted = Noted()
    engine = start(noted)
    await engine.start()
    await until(lambda: noted.ticks > 0, seconds=30)

    async def fails(*_: object) -> None:
        raise RuntimeError("the server went away")

    monkeypatch.setattr(engine._app.job_manager, "unregister_worker", fails)
    await asyncio.wait_for(engine.stop(), 30)


@pytest.mark.parametrize(
    ("seconds", "cron"),
    [(1, "* * * * * */1"), (20, "* * * * * */20"), (60, "*/1 * * * * 0"), (300, "*/5 * * * * 0")],
)
def test_an_interval_becomes_a_cron_line(seconds: float, cron: str) -> None:
    assert cron_of(seconds) == cron


@pytest.mark.parametrize("seconds", [0, 0.5, 7, 90, 3600])
def test_an_interval_that_cron_cannot_keep_evenly_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="every"):
        cron_of(seconds)
