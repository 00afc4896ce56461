"""The database: one engine, two ways in.

`read()` gives a session for looking, `write()` one for changing: everything
inside one `write()` block is one transaction, committed at its end or rolled
back whole. On SQLite all writers stand in one queue. On PostgreSQL they do not:
what reads and then writes there makes its change conditional on what it read,
locks the row, or names the `Queue` in which it wants to be alone.
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

# Locked, read-only for now, out of disk or of connections, or the connection is gone: trying
# again may help.
# Nothing was written, unless it was the commit's answer that got lost (PostgreSQL only).
BUSY = (OperationalError, InterfaceError, InternalError, NoConnection)


def reason(error: Exception) -> str:
    """Why, in one line; without the SQL that SQLAlchemy adds, or anybody's data."""
    return " ".join(str(getattr(error, "orig", None) or error).split("\n")[0].split())


class Queue(IntEnum):
    """Work of which only one piece goes on at a time, in whatever process."""

    EDITING = 1  # comparisons, drafts, approvals, slots, editions, imports
    STEERING = 2  # pause, resume, cancel, and the housekeeping that moves issues along
    UPGRADING = 3  # the schema


class Store:
    """An open database. Build one per process with `open_store`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._dialect = dialect_of(engine)
        self._for_reading = self._dialect.for_reading(engine)
        self._for_writing = self._dialect.for_writing(engine)
        # Writers of one process queue here instead of spinning on SQLite's busy handler.
        self._writing = nullcontext() if self.is_shared else asyncio.Lock()

    @property
    def is_shared(self) -> bool:
        """Whether several machines can work on it, each with writers of its own."""
        return self._dialect.SHARED

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one instant; what it changes is refused, or thrown away."""
        async with AsyncSession(self._for_reading, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def write(self, queue: Queue | None = None) -> AsyncIterator[AsyncSession]:
        """A session whose changes are committed, all or none, when the block ends.

        With a `queue` the block begins when no other block of that queue is going on.
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
        """Where it is, as a SQLAlchemy URL with its password; not to be shown."""
        return self.engine.url.render_as_string(hide_password=False)

    def explain(self, error: Exception) -> str:
        """What the database complains of, in one line and without anybody's data."""
        return self._dialect.explain(error)

    def blocking_engine(self) -> Engine:
        """The same database for a thread that writes at its own pace; no connection is kept.

        Its transactions begin with `begin_writing`, and parameters are named.
        """
        return self._dialect.open_blocking_engine(self.engine)

    @property
    def begin_writing(self) -> str | None:
        """The statement that begins a writing transaction; None where the driver does."""
        return self._dialect.BEGIN_WRITING

    async def close(self) -> None:
        """Release all connections."""
        await self.engine.dispose()


def open_store(url: str) -> Store:
    """Open the database at a SQLAlchemy `url`; it must exist (see `digest.migrate`)."""
    return Store(dialect_at(url).open_engine(url))
