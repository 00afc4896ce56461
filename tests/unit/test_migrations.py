"""The migrations build the very schema that the tables describe."""

import asyncio
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from digest import migrate
from digest.errors import Misconfigured
from digest.migrate import current, head, require_current, upgrade
from digest.store import open_store
from digest.tables import metadata
from tests.postgres import Cluster


@pytest.fixture
def url(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database, or where one can be made."""
    if database == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'new' / 'digest.db'}"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    made = cluster.new_database()
    yield made
    cluster.drop_database(made)


async def test_a_fresh_database_has_every_table_and_column(url: str) -> None:
    assert await upgrade(url) == (None, head())
    store = open_store(url)

    def differences(connection: Connection) -> list[object]:
        opts = {"include_object": lambda _, name, *__: "procrastinate" not in (name or "")}
        return compare_metadata(MigrationContext.configure(connection, opts=opts), metadata)

    async with store.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await store.close()


@pytest.mark.parametrize("database", ["postgresql"])
async def test_of_many_machines_that_make_it_at_once_one_does_and_all_are_content(
    url: str,
) -> None:
    work = f"import asyncio; from digest.migrate import upgrade; asyncio.run(upgrade({url!r}))"
    machines = [await asyncio.create_subprocess_exec(sys.executable, "-c", work) for _ in range(3)]
    assert [await machine.wait() for machine in machines] == [0, 0, 0]
    await require_current(url)


async def test_upgrading_again_changes_nothing(url: str) -> None:
    await upgrade(url)
    assert await upgrade(url) == (head(), head())
    await require_current(url)


@pytest.mark.parametrize("database", ["sqlite"])
async def test_a_missing_database_is_said_so_and_not_made(url: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="digest init"):
        await require_current(url)
    assert not (tmp_path / "new").exists()


async def test_a_newer_database_is_left_alone(url: str) -> None:
    await upgrade(url)
    store = open_store(url)
    async with store.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    await store.close()
    with pytest.raises(Misconfigured, match="newer than this program"):
        await upgrade(url)
    with pytest.raises(Misconfigured, match="newer than this program"):
        await require_current(url)
    assert await current(url) == "from_the_future"


def test_a_drafted_migration_has_nothing_to_do_while_the_tables_have_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.SCRIPTS, scripts)
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    before = migrate.head()
    drafted = migrate.draft("keep votes")
    assert drafted.name == f"{int(before) + 1:04}_keep_votes.py"
    assert "op.create_table" not in drafted.read_text(encoding="utf-8")
    assert "batch_op" not in drafted.read_text(encoding="utf-8")
