"""Moving from SQLite to PostgreSQL: everything comes along, or nothing does."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from sqlmodel import select, update

from digest.app import App
from digest.delivery.guards.liveness import FileLock, lock_folder_of
from digest.delivery.tables import Delivery
from digest.errors import Misconfigured, Refused, UsageError
from digest.migrate import head, upgrade
from digest.services.installation.migrate_store import Copied, copy_store
from digest.services.issues import publishing
from digest.services.readers.signup import request_signup
from digest.services.sending import start
from digest.store import Store, open_store
from digest.tables import metadata
from subscribers.tables import Subscriber
from tests.postgres import Cluster

AddReaders = Callable[[int], Awaitable[list[int]]]
AddNews = Callable[..., Awaitable[None]]
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def database() -> str:
    """What is moved."""
    return "sqlite"


@pytest.fixture
def target(cluster: Cluster) -> Iterator[str]:
    """An empty database."""
    url = cluster.new_database()
    yield url
    cluster.drop_database(url)


@pytest.fixture(autouse=True)
async def a_full_house(app: App, add_readers: AddReaders, add_news: AddNews) -> None:
    await add_readers(3)
    await add_news(("Alpha", "Beta"), ("Gamma", "Delta"))
    await publishing.compose(app, "weekly", extra=True)
    await publishing.approve(app, 1, by="me")
    await start.send(app, 1)
    await request_signup(app, address="ann@example.org", edition="weekly", source="test")


async def everything(store: Store) -> Rows:
    async with store.engine.connect() as connection:
        return {
            table.name: sorted(
                [tuple(row) for row in await connection.execute(select(*table.columns))], key=repr
            )
            for table in metadata.sorted_tables
        }


async def move(app: App, target: str) -> list[Copied]:
    # The tests make the tables themselves; a store in use was made by the migrations.
    async with app.store.engine.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS alembic_version(version_num)")
        await connection.exec_driver_sql("DELETE FROM alembic_version")
        await connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('" + head() + "')")
    return await copy_store(app.store.url, target, lambda *_: None)


async def test_every_row_of_every_table_comes_along_and_the_source_stays(
    app: App, target: str
) -> None:
    before = await everything(app.store)
    copied = await move(app, target)
    there = open_store(target)
    assert await everything(there) == before
    await there.close()
    assert await everything(app.store) == before
    assert {entry.table: entry.target for entry in copied} == {
        name: len(rows) for name, rows in before.items()
    }


async def test_the_new_store_goes_on_counting_where_the_old_one_ended(
    app: App, target: str
) -> None:
    await move(app, target)
    there = open_store(target)
    async with there.write() as session:
        newcomer = Subscriber(
            address="b@example.org", normalised="b", address_hash="b", created_at=app.clock()
        )
        session.add(newcomer)
        await session.flush()
        assert newcomer.id == 5
    await there.close()


async def test_a_nul_that_somebody_wrote_does_not_keep_the_others_back(
    app: App, target: str
) -> None:
    async with app.store.write() as session:
        await session.exec(update(Delivery).values(reason="550 no\x00such user"))
    await move(app, target)
    there = open_store(target)
    async with there.read() as session:
        assert set(await session.exec(select(Delivery.reason))) == {"550 no�such user"}
    await there.close()


async def test_a_target_that_holds_anything_is_refused(app: App, target: str) -> None:
    await move(app, target)
    with pytest.raises(Refused, match=r"not empty: its table .* has rows"):
        await move(app, target)


async def test_a_target_that_was_only_made_is_as_good_as_an_empty_one(
    app: App, target: str
) -> None:
    await upgrade(target)
    await move(app, target)


async def test_it_is_refused_while_a_worker_lives(app: App, target: str) -> None:
    lock = FileLock(lock_folder_of(app.settings.data_dir / "digest.db"))
    with pytest.raises(Refused, match="worker is at work; stop `digest serve`"):
        await move(app, target)
    lock.release()
    await move(app, target)


async def test_an_old_source_is_upgraded_first(app: App, target: str) -> None:
    with pytest.raises(Misconfigured, match="run `digest init`"):
        await copy_store(app.store.url, target, lambda *_: None)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite+aiosqlite:///other.db", "must look like postgresql"),
        ("postgresql://ann@127.0.0.1:1/letters", "is the server running"),
    ],
)
async def test_a_target_that_cannot_be_is_told_and_nothing_is_done(
    app: App, url: str, said: str
) -> None:
    with pytest.raises((UsageError, Misconfigured), match=said):
        await move(app, url)


async def test_what_is_on_postgresql_needs_no_moving(target: str) -> None:
    with pytest.raises(UsageError, match="already"):
        await copy_store(target, target, lambda *_: None)
