"""The same promises of the store on both databases."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import delete, select

from digest.delivery.states import MailingKind
from digest.delivery.tables import Mailing
from digest.store import BUSY, Queue, Store
from schedules.tables import TickMark
from tests.postgres import Cluster
from tests.waiting import held_up

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def add(store: Store, at: datetime = NOON, *, number: int = 1) -> None:
    async with store.write() as session:
        session.add(TickMark(id=number, at=at))


async def add_but(store: Store, then: Callable[[], object]) -> None:
    """Write a row, and at the end of the block do something else."""
    async with store.write() as session:
        session.add(TickMark(id=1, at=NOON))
        await session.flush()
        then()


async def marks(store: Store) -> list[TickMark]:
    async with store.read() as session:
        return list(await session.exec(select(TickMark)))


async def test_changes_are_stored_when_the_block_ends(store: Store) -> None:
    await add(store)
    assert len(await marks(store)) == 1


async def test_a_block_that_fails_stores_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        await add_but(store, lambda: 1 / 0)
    assert await marks(store) == []


async def test_instants_come_back_in_utc_from_any_zone(store: Store) -> None:
    nepal = timezone(timedelta(hours=5, minutes=45))
    await add(store, NOON.astimezone(nepal))
    (found,) = await marks(store)
    assert found.at == NOON
    assert found.at.tzinfo is UTC


async def test_instants_keep_their_microseconds_and_compare(store: Store) -> None:
    moment = NOON.replace(microsecond=123_456)
    await add(store, moment)
    async with store.read() as session:
        earlier = select(TickMark).where(TickMark.at < moment)
        same = select(TickMark).where(TickMark.at == moment)
        assert (await session.exec(earlier)).all() == []
        assert len((await session.exec(same)).all()) == 1


async def test_text_in_json_keeps_every_character(store: Store) -> None:
    payload = {"title": "NUL \x00, a \U0001f600 and 'quotes'", "paragraphs": []}
    async with store.write() as session:
        session.add(
            Mailing(
                kind=MailingKind.NOTICE,
                payload=payload,
                created_at=NOON,
                give_up_at=NOON,
                message_id_key="key@example.org",
            )
        )
    async with store.read() as session:
        assert (await session.exec(select(Mailing))).one().payload == payload


async def test_changes_in_a_read_session_are_not_stored(store: Store) -> None:
    async with store.read() as session:
        session.add(TickMark(id=1, at=NOON))
        if store.is_shared:
            with pytest.raises(DBAPIError, match="read-only"):
                await session.flush()
        else:
            await session.flush()
    assert await marks(store) == []


async def test_a_read_session_sees_one_instant(store: Store) -> None:
    await add(store)
    async with store.read() as session:
        assert len((await session.exec(select(TickMark.id))).all()) == 1
        await add(store, number=2)
        assert len((await session.exec(select(TickMark.id))).all()) == 1
    assert len(await marks(store)) == 2


async def test_one_block_of_a_queue_runs_at_a_time(store: Store) -> None:
    async def another() -> None:
        async with store.write(Queue.EDITING) as session:
            session.add(TickMark(id=2, at=NOON))

    async with store.write(Queue.EDITING):
        waiting = await held_up(another())
    await waiting


@pytest.mark.parametrize("database", ["postgresql"])
async def test_queues_do_not_wait_for_each_other(store: Store) -> None:
    async with (
        asyncio.timeout(5),
        store.write(Queue.EDITING),
        store.write(Queue.STEERING),
        store.write(),
    ):
        pass


@pytest.mark.parametrize("database", ["postgresql"])
async def test_a_connection_cut_in_a_transaction_raises_busy_and_the_next_one_works(
    store: Store, cluster: Cluster
) -> None:
    with pytest.raises(BUSY):
        await add_but(store, lambda: cluster.kill_backends(store.url))
    assert await marks(store) == []
    await add(store)
    assert len(await marks(store)) == 1


@pytest.mark.parametrize("database", ["postgresql"])
async def test_an_idle_connection_that_was_cut_is_replaced_silently(
    store: Store, cluster: Cluster
) -> None:
    await add(store)
    cluster.kill_backends(store.url)
    assert len(await marks(store)) == 1


@pytest.mark.parametrize("database", ["postgresql"])
async def test_a_session_limits_waiting_for_locks_and_idling_in_a_transaction(
    store: Store,
) -> None:
    async with store.read() as session:
        connection = await session.connection()
        limits = [
            (await connection.exec_driver_sql(f"SHOW {name}")).scalar_one()
            for name in ("lock_timeout", "idle_in_transaction_session_timeout", "timezone")
        ]
    assert limits == ["30s", "1min", "UTC"]


async def test_a_block_that_is_cancelled_at_any_moment_gives_the_write_lock_back(
    store: Store,
) -> None:
    chance = random.Random(1)
    for _ in range(150):
        task = asyncio.create_task(add_but(store, lambda: None))
        await asyncio.sleep(chance.uniform(0, 0.004))
        task.cancel()
        # Its traceback keeps the cancelled connection's statements alive, as a log would.
        [ended] = await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(20):
            async with store.write() as session:
                await session.exec(delete(TickMark))
        del ended
