"""The migrations build the very schema that the tables describe."""

import shutil
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


def url_of(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'new' / 'digest.db'}"


async def test_a_fresh_database_has_every_table_and_column(tmp_path: Path) -> None:
    url = url_of(tmp_path)
    assert await upgrade(url) == (None, head())
    store = open_store(url)

    def differences(connection: Connection) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    async with store.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await store.close()


async def test_upgrading_again_changes_nothing(tmp_path: Path) -> None:
    url = url_of(tmp_path)
    await upgrade(url)
    assert await upgrade(url) == (head(), head())
    await require_current(url)


async def test_a_missing_database_is_said_so_and_not_made(tmp_path: Path) -> None:
    url = url_of(tmp_path)
    with pytest.raises(Misconfigured, match="digest init"):
        await require_current(url)
    assert not (tmp_path / "new").exists()


async def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    url = url_of(tmp_path)
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
