"""The database: one engine, two ways in.

`read()` gives a session for looking, `write()` one for changing: everything
inside one `write()` block is one transaction, committed at its end or rolled
back whole. On SQLite a write starts with BEGIN IMMEDIATE, so that a block never
fails half-way for want of the lock, and writers of one process queue here
instead of spinning on SQLite's busy handler.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

BUSY_TIMEOUT_MS = 30_000

# Locked, out of disk or of connections: nothing was written, and trying again may help.
BUSY = (OperationalError, NoConnection)


class Store:
    """An open database. Build one per process with `open_store`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._writing = asyncio.Lock()
        self._write_engine = engine.execution_options(digest_begin="IMMEDIATE")

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes are thrown away."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes are committed, all or none, when the block ends."""
        async with (
            self._writing,
            AsyncSession(self._write_engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    async def close(self) -> None:
        """Release all connections."""
        await self.engine.dispose()


def open_store(url: str) -> Store:
    """Open the database at a SQLAlchemy `url`; it must exist (see `digest.migrate`)."""
    engine = create_async_engine(url, hide_parameters=True)  # addresses stay out of logs
    if make_url(url).get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _set_pragmas)
        event.listen(engine.sync_engine, "begin", _begin)
    return Store(engine)


def _set_pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGINs would come too late; see _begin
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("digest_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
