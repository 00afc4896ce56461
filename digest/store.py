"""The database: one engine, two kinds of session.

`read()` gives a session that reads, `write()` one that changes: everything inside one
`write()` block is one transaction, committed at its end or rolled back as a whole. On SQLite
one writer waits for the other. On PostgreSQL writers run at once: code that reads and then
writes makes its change conditional on what it read, locks the row, or names a `Queue`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from enum import IntEnum

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases import dialect_at, dialect_of

# Locked, read-only for now, out of disk space or connections, or the connection is gone: trying
# again may help. Nothing was written, unless only the answer to the commit got lost (PostgreSQL).
BUSY = (OperationalError, InterfaceError, InternalError, NoConnection)


def reason(error: Exception) -> str:
    """The cause in one line, without the SQL that SQLAlchemy adds and without personal data."""
    return " ".join(str(getattr(error, "orig", None) or error).split("\n")[0].split())


class Queue(IntEnum):
    """Work that is done by one transaction at a time, across all processes."""

    EDITING = 1  # comparisons, drafts, approvals, slots, editions, imports
    STEERING = 2  # pause, resume, cancel, and housekeeping that changes the state of issues
    UPGRADING = 3  # the schema
    SIGNING_UP = 4  # decisions about sign-ups, which count what others have decided


class Store:
    """An open database. Create one per process with `open_store`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._dialect = dialect_of(engine)
        self._for_reading = self._dialect.for_reading(engine)
        self._for_writing = self._dialect.for_writing(engine)
        # Writers of one process queue here instead of spinning on SQLite's busy handler.
        self._writing = nullcontext() if self.is_shared else asyncio.Lock()

    @property
    def is_shared(self) -> bool:
        """Whether several machines can work on the database, each with its own writers."""
        return self._dialect.SHARED

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one instant; changes in it are refused or discarded."""
        async with AsyncSession(self._for_reading, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def write(self, queue: Queue | None = None) -> AsyncIterator[AsyncSession]:
        """A session whose changes are committed, all or none, when the block ends.

        With a `queue`, the block waits until no other block of that queue is running.
        """
        async with (
            self._writing,
            AsyncSession(self._for_writing, expire_on_commit=False) as session,
            session.begin(),
        ):
            if queue is not None:
                connection = await session.connection()
                await connection.run_sync(self._dialect.wait_in_queue, queue.value)
            yield session

    @property
    def url(self) -> str:
        """The SQLAlchemy URL, with its password; never show it."""
        return self.engine.url.render_as_string(hide_password=False)

    def explain(self, error: Exception) -> str:
        """The database's complaint in one line, without personal data."""
        return self._dialect.explain(error)

    def blocking_engine(self) -> Engine:
        """An engine of the same database for a thread of its own; no connection is kept.

        Its transactions begin with `begin_writing`, and its parameters are named.
        """
        return self._dialect.open_blocking_engine(self.engine)

    @property
    def begin_writing(self) -> str | None:
        """The statement that begins a writing transaction; None if the driver begins it."""
        return self._dialect.BEGIN_WRITING

    async def close(self) -> None:
        """Release all connections."""
        await self.engine.dispose()


def open_store(url: str) -> Store:
    """Open the database at a SQLAlchemy `url`; it must exist (see `digest.migrate`)."""
    return Store(dialect_at(url).open_engine(url))
