"""SQLite: WAL, durable commits, and a write lock that is taken at the start of a transaction."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_TIMEOUT_MS = 30_000
BEGIN_WRITING: str | None = "BEGIN IMMEDIATE"


def open_engine(url: str) -> AsyncEngine:
    """An engine for the file at `url`, whose folder must be there."""
    engine = create_async_engine(url, hide_parameters=True)  # addresses stay out of logs
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def open_blocking_engine(engine: AsyncEngine) -> Engine:
    """For a thread of its own, which begins its transactions itself."""
    blocking = create_engine(
        engine.url.set(drivername="sqlite"),
        poolclass=NullPool,
        paramstyle="named",
        hide_parameters=True,
    )
    event.listen(blocking, "connect", _set_pragmas)
    return blocking


def for_reading(engine: AsyncEngine) -> AsyncEngine:
    """The engine of read sessions: each sees the database as at its first look."""
    return engine


def for_writing(engine: AsyncEngine) -> AsyncEngine:
    """The engine of write sessions, which start with BEGIN IMMEDIATE.

    So a transaction never fails half-way for want of the lock.
    """
    return engine.execution_options(digest_begin="IMMEDIATE")


def path_of(url: str) -> Path | None:
    """The database's file; None in memory, or where there is no SQLite."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)


def explain(error: Exception) -> str:
    """Why the file could not be opened or written, as SQLite says it."""
    return str(getattr(error, "orig", error))


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
