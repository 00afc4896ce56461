"""A PostgreSQL advisory lock on a connection of its own, and the keys that others have locked.

PostgreSQL releases a session's locks when the session ends, for whatever reason. So the
connection is watched: a broken one is noticed at once, a silent one within
`STALE_SECONDS`, and the lock is taken again on a new connection.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress

import psycopg
import structlog
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases.postgresql import conninfo
from digest.uptime import uptime_now

log = structlog.get_logger("digest.databases")

LOOK_SECONDS = 1.0
ANSWER_SECONDS = 2.0
STALE_SECONDS = 5.0

# The server notices within half a minute that a host is gone, and releases its locks. We must
# notice first: nobody may take over while we still believe that we have the lock.
SESSION = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}

# pg_locks shows a lock on one bigint as its two halves, classid and objid, with objsubid 1.
KEYS = """
    SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class SessionLock:
    """The lock `key` (a signed 64-bit number) in the database at `url`.

    `on_look` is called with all locked keys, and by how many sessions each is locked, every
    time they were looked up. The keys in `shared` are locked too, in a mode that others can
    share.
    """

    def __init__(
        self,
        url: str,
        key: int,
        on_look: Callable[[Counter[int]], None],
        shared: Collection[int] = (),
    ) -> None:
        self._conninfo = conninfo(url, SESSION)
        self._key, self._shared = key, shared
        self._on_look = on_look
        self._connection: psycopg.AsyncConnection[tuple[int]] | None = None
        self._held_at = float("-inf")
        self._watching: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Take the lock; raises `OSError` if the database cannot be reached or another has it."""
        try:
            await self._take()
        except psycopg.Error as error:
            self._drop()
            raise OSError(f"cannot take the worker's lock: {error}") from None
        self._watching = asyncio.create_task(self._watch())

    def held(self) -> bool:
        """Whether the lock was ours a moment ago; cheap, and safe to call from another thread."""
        return uptime_now().seconds - self._held_at < STALE_SECONDS

    def close(self) -> None:
        """Release the lock now."""
        if self._watching is not None:
            self._watching.cancel()
        self._drop()

    async def _watch(self) -> None:
        while True:
            try:
                if self._connection is None:
                    await self._take()
                    log.info("worker lock taken again")
                await self._idle(self._connection)
                await self._look(self._connection)
            except (psycopg.Error, OSError, TimeoutError) as trouble:
                if self._connection is not None:
                    log.warning("worker lock lost", reason=str(trouble).partition("\n")[0])
                self._drop()
                await asyncio.sleep(LOOK_SECONDS / 2)

    async def _take(self) -> None:
        self._connection = connection = await psycopg.AsyncConnection.connect(
            self._conninfo, autocommit=True
        )
        taken = await connection.execute("SELECT pg_try_advisory_lock(%s)", (self._key,))
        if await taken.fetchone() != (True,):
            raise psycopg.OperationalError("the lock is taken")
        for shared in self._shared:
            await connection.execute("SELECT pg_try_advisory_lock_shared(%s)", (shared,))
        await self._look(connection)

    async def _idle(self, connection: "psycopg.AsyncConnection[tuple[int]] | None") -> None:
        """Wait until the next look; raises at once if the connection breaks."""
        assert connection is not None
        async for _ in connection.notifies(timeout=LOOK_SECONDS):
            pass

    async def _look(self, connection: "psycopg.AsyncConnection[tuple[int]] | None") -> None:
        assert connection is not None
        asking = asyncio.create_task(_keys(connection))
        asked_at = uptime_now().seconds
        await asyncio.wait((asking,), timeout=ANSWER_SECONDS)
        if not asking.done():
            self._drop()  # first: cancelling the query would wait for the server again
            asking.cancel()
            with suppress(asyncio.CancelledError, psycopg.Error):
                await asking
            raise TimeoutError("the database does not answer")
        keys = asking.result()
        if self._key not in keys:
            raise psycopg.OperationalError("the lock was taken away")
        self._held_at = asked_at
        self._on_look(keys)

    def _drop(self) -> None:
        self._held_at = float("-inf")
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.pgconn.finish()


async def _keys(connection: "psycopg.AsyncConnection[tuple[int]]") -> Counter[int]:
    found = await connection.execute(KEYS)
    return Counter(row[0] for row in await found.fetchall())


async def locked_keys(session: AsyncSession) -> set[int]:
    """All keys that are locked now, for a process that holds no lock itself."""
    connection = await session.connection()
    return set((await connection.execute(text(KEYS.replace(":", "\\:")))).scalars())
