"""The schema's history: one Alembic line for SQLite and PostgreSQL.

The only file, beside the migrations themselves, that imports alembic.
"""

import asyncio
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError

from digest.databases import dialect_of
from digest.databases.sqlite import path_of
from digest.errors import Misconfigured
from digest.store import Queue, Store, open_store

SCRIPTS = Path(__file__).parent / "migrations"


async def upgrade(url: str) -> tuple[str | None, str]:
    """Create the database or bring it up to date; returns the revisions before and after.

    Raises `Misconfigured` for a database that cannot be opened or is newer than this program.
    """
    _make_parent(url)
    before = await current(url)
    _refuse_newer(before)
    store = open_store(url)
    try:
        async with store.engine.begin() as connection:
            await connection.run_sync(_upgrade)
    except DBAPIError as error:
        raise Misconfigured(f"cannot write to the database: {store.explain(error)}") from None
    finally:
        await store.close()
    return before, head()


async def current(url: str) -> str | None:
    """The revision of a database; None for an empty one."""
    store = open_store(url)
    try:
        async with store.engine.connect() as connection:
            return await connection.run_sync(_revision)
    except DBAPIError as error:  # also a file that is not a database
        raise Misconfigured(f"cannot open the database: {store.explain(error)}") from None
    finally:
        await store.close()


async def exists(url: str) -> bool:
    """Whether there is a database of this program."""
    path = path_of(url)
    if path and not await asyncio.to_thread(path.exists):
        return False
    return await current(url) is not None


async def require_current(url: str) -> None:
    """Raise `Misconfigured` unless the database exists and is at this program's revision."""
    path = path_of(url)
    if path and not await asyncio.to_thread(path.exists):
        raise Misconfigured(f"there is no database at {path}: run `digest init`")
    revision = await current(url)
    _refuse_newer(revision)
    if revision is None:
        raise Misconfigured("the database is empty: run `digest init`")
    if revision != head():
        raise Misconfigured("the database is older than this program: run `digest init`")


async def is_current(store: Store) -> bool:
    """Whether an open database is at this program's revision; cheap enough to ask often."""
    async with store.engine.connect() as connection:
        return await connection.run_sync(_revision) == _known_head()


@cache
def _known_head() -> str:
    return head()


def head() -> str:
    """The newest revision this program knows."""
    revision = ScriptDirectory(str(SCRIPTS)).get_current_head()
    assert revision is not None
    return revision


def draft(message: str) -> Path:
    """Write the next migration, from the schema of the history to that of the tables.

    For developers, as `make migration`; review and correct what it writes.
    """
    with TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/digest.db")
        with engine.begin() as connection:
            _upgrade(connection)
            number = f"{int(head()) + 1:04}"
            made = command.revision(_config(connection), message, autogenerate=True, rev_id=number)
        engine.dispose()
    assert isinstance(made, Script)
    return Path(made.path)


def _refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()}
    if revision is not None and revision not in known:
        raise Misconfigured(
            f"the database is newer than this program (revision {revision}): upgrade digest"
        )


def _upgrade(connection: Connection) -> None:
    # Two `digest init` at once: the second waits, then finds nothing left to upgrade.
    dialect_of(connection).wait_in_queue(connection, Queue.UPGRADING)
    command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _make_parent(url: str) -> None:
    path = path_of(url)
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"cannot create the folder {path.parent}: {error.strerror}") from None
