"""Copying SQLite to PostgreSQL: every row is copied, or none."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from sqlmodel import select, update

from digest.app import App
from digest.delivery.guards.liveness import FileLock, lock_folder_of
from digest.delivery.tables import Delivery
from digest.errors import Misconfigured, Refused, UsageError
from digest.migrate import head, upgrade
from digest.services.installation.migrate_store import StoreCopy, copy_store
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.sending import start
from digest.store import Store, open_store
from digest.tables import metadata
from subscribers.tables import Subscriber
from tests.postgres import Cluster
from tests.readers import EDITOR, sign_up

AddReaders = Callable[[int], Awaitable[list[int]]]
AddNews = Callable[..., Awaitable[None]]
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def database() -> str:
    """The source."""
    return "sqlite"


@pytest.fixture
def target(cluster: Cluster) -> Iterator[str]:
    """An empty database."""
    url = cluster.new_database()
    yield url
    cluster.drop_database(url)


@pytest.fixture(autouse=True)
async def filled_store(app: App, add_readers: AddReaders, add_news: AddNews) -> None:
    await add_readers(3)
    await add_news(("Alpha", "Beta"), ("Gamma", "Delta"))
    await compose_issue(app, EDITOR, "weekly", extra=True)
    await approve_issue(app, EDITOR, 1)
    await start.send_issue(app, EDITOR, 1)
    await sign_up(app, "ann@example.org")


async def rows_of(store: Store) -> Rows:
    async with store.engine.connect() as connection:
        return {
            table.name: sorted(
                [tuple(row) for row in await connection.execute(select(*table.columns))], key=repr
            )
            for table in metadata.sorted_tables
        }


async def copy(app: App, target: str) -> StoreCopy:
    # The tests create the tables themselves; in a real store the migrations did.
    async with app.store.engine.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS alembic_version(version_num)")
        await connection.exec_driver_sql("DELETE FROM alembic_version")
        await connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('" + head() + "')")
    return await copy_store(app.store.url, target, lambda *_: None)


async def test_every_row_of_every_table_is_copied_and_the_source_is_unchanged(
    app: App, target: str
) -> None:
    before = await rows_of(app.store)
    copied = await copy(app, target)
    there = open_store(target)
    assert await rows_of(there) == before
    await there.close()
    assert await rows_of(app.store) == before
    assert {entry.table: entry.target for entry in copied.tables} == {
        name: len(rows) for name, rows in before.items()
    }


async def test_new_rows_get_numbers_after_those_copied(app: App, target: str) -> None:
    await copy(app, target)
    there = open_store(target)
    async with there.write() as session:
        newcomer = Subscriber(
            address="b@example.org", normalised="b", address_hash="b", created_at=app.clock()
        )
        session.add(newcomer)
        await session.flush()
        assert newcomer.id == 5
    await there.close()


async def test_a_nul_in_text_is_replaced(app: App, target: str) -> None:
    async with app.store.write() as session:
        await session.exec(update(Delivery).values(reason="550 no\x00such user"))
    await copy(app, target)
    there = open_store(target)
    async with there.read() as session:
        assert set(await session.exec(select(Delivery.reason))) == {"550 no�such user"}
    await there.close()


async def test_a_target_with_rows_is_refused(app: App, target: str) -> None:
    await copy(app, target)
    with pytest.raises(Refused, match=r"not empty: its table .* has rows"):
        await copy(app, target)


async def test_a_target_with_an_empty_schema_is_accepted(app: App, target: str) -> None:
    await upgrade(target)
    await copy(app, target)


async def test_copying_is_refused_while_a_worker_runs(app: App, target: str) -> None:
    lock = FileLock(lock_folder_of(app.settings.data_dir / "digest.db"))
    with pytest.raises(Refused, match="worker is running; stop `digest serve`"):
        await copy(app, target)
    lock.release()
    await copy(app, target)


async def test_an_old_source_must_be_upgraded_first(app: App, target: str) -> None:
    with pytest.raises(Misconfigured, match="run `digest init`"):
        await copy_store(app.store.url, target, lambda *_: None)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite+aiosqlite:///other.db", "must look like postgresql"),
        ("postgresql://ann@127.0.0.1:1/letters", "is the server running"),
    ],
)
async def test_an_impossible_target_is_named(app: App, url: str, message: str) -> None:
    with pytest.raises((UsageError, Misconfigured), match=message):
        await copy(app, url)


async def test_a_store_on_postgresql_is_not_copied(target: str) -> None:
    with pytest.raises(UsageError, match="already"):
        await copy_store(target, target, lambda *_: None)
