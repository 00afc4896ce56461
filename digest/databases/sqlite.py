"""SQLite: WAL, durable commits, and a write lock that is taken at the start of a transaction."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    NullPool,
    Select,
    SQLColumnExpression,
    Text,
    create_engine,
    event,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

BUSY_TIMEOUT_MS = 30_000
SHARED = False
BEGIN_WRITING: str | None = "BEGIN IMMEDIATE"


def open_engine(url: str) -> AsyncEngine:
    """Return an engine for the file at `url`, whose folder must exist."""
    engine = create_async_engine(url, hide_parameters=True)  # addresses stay out of logs
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    event.listen(engine.sync_engine, "begin", _begin)
    event.listen(engine.sync_engine, "invalidate", _roll_back)
    return engine


def open_blocking_engine(engine: AsyncEngine) -> Engine:
    """Return an engine for a thread of its own, which begins its transactions itself."""
    blocking = create_engine(
        engine.url.set(drivername="sqlite"),
        poolclass=NullPool,
        paramstyle="named",
        hide_parameters=True,
    )
    event.listen(blocking, "connect", _set_pragmas)
    return blocking


def for_reading(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine of read sessions: each sees the database as at its first query."""
    return engine


def for_writing(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine of write sessions, which start with BEGIN IMMEDIATE.

    A deferred transaction would ask for the lock at its first write, and could fail there.
    """
    return engine.execution_options(digest_begin="IMMEDIATE")


def path_of(url: str) -> Path | None:
    """Return the database's file; None in memory, or for another database than SQLite."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)


def explain(error: Exception) -> str:
    """Return SQLite's own message about a file that cannot be opened or written."""
    return str(getattr(error, "orig", error))


def insert_or_ignore(table: type[SQLModel]) -> Insert:
    """Return an INSERT that leaves out rows which break a unique constraint."""
    return insert(table).on_conflict_do_nothing()


def among(column: SQLColumnExpression[str], values: Iterable[str]) -> ColumnElement[bool]:
    """Return `column IN values` for thousands of values, with one parameter."""
    each = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(each.c.value))


def rows_as_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> FromClause:
    """Return thousands of rows of text as a table with the columns `names`."""
    row = func.json_each(json.dumps(rows)).table_valued("value").c.value
    cells = [func.json_extract(row, f"$[{at}]") for at in range(len(names))]
    return select(
        *(type_coerce(cell, Text).label(name) for name, cell in zip(names, cells, strict=True))
    ).subquery()


async def lock_rows(session: AsyncSession, rows: Select[Any]) -> None:
    """Do nothing: a write session is the only writer."""


async def one_at_a_time(session: AsyncSession, subject: str) -> None:
    """Do nothing: a write session is the only writer."""


def wait_in_queue(connection: Connection, queue: int) -> None:
    """Do nothing: a write session is the only writer."""


async def refresh_statistics(session: AsyncSession, *tables: str) -> None:
    """Do nothing: SQLite chooses its indexes without counting rows."""


def _roll_back(connection: Any, _record: object, _error: BaseException | None) -> None:
    """Give the write lock back before a connection is dropped because its task was cancelled.

    Closing is not enough: SQLite keeps a connection, and its lock, as long as a statement of
    it lives, and here the traceback of the cancellation keeps one.
    """
    # Closed already; or dropped by the garbage collector, where nothing can be awaited.
    with suppress(sqlite3.Error, ValueError, MissingGreenlet):
        connection.rollback()


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
