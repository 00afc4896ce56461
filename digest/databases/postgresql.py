"""PostgreSQL through psycopg: sessions with limits, its SQL, and its errors in one sentence.

A read session sees one instant (REPEATABLE READ), as on SQLite. A write session is READ
COMMITTED: a conditional update that had to wait is then judged on the row as it is by now.
"""

import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from psycopg.conninfo import make_conninfo
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    NullPool,
    Select,
    SQLColumnExpression,
    Table,
    Text,
    cast,
    create_engine,
    func,
    literal,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

SCHEMES = ("postgresql+psycopg", "postgresql", "postgres")
DRIVER = "postgresql+psycopg"

# A worker that is suspended in mid-transaction must not block pauses and unsubscribes for
# ever; and waiting for a lock ends after the same time as on SQLite.
SESSION = {
    "timezone": "UTC",
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
}
CONNECTION = {
    "application_name": "digest",
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
CONNECTIONS = 5  # kept open; as many again under load
SHARED = True
BEGIN_WRITING: str | None = None  # the driver begins one with the first statement
ADVISORY_CLASS = 0x64696765  # "dige": sets our advisory locks apart from those of others

NEXT_STEPS = (
    (r"password authentication failed|no password supplied", "check user and password"),
    (r'database "[^"]*" does not exist', "make it with `createdb`"),
    (r'role "[^"]*" does not exist', "make it with `createuser`"),
    (r"[Cc]onnection refused|No such file or directory|timeout expired", "is the server running?"),
    (r"Name or service not known|could not translate host name", "check the host's name"),
    (r"no pg_hba.conf entry", "let this host in, in pg_hba.conf"),
    (r"permission denied", "the role must own the database, or have been granted its schema"),
    (r"too many clients|remaining connection slots", "raise max_connections"),
)


def normalised(url: str) -> str:
    """Return the URL with our driver; many hosts hand out `postgres://`."""
    scheme, separator, rest = url.partition("://")
    return f"{DRIVER}{separator}{rest}" if scheme in SCHEMES else url


def is_valid(url: str) -> bool:
    """Whether it is a URL with our driver that names a database."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # such as a port that is not a number
        return False
    return parsed.drivername == DRIVER and bool(parsed.database)


def open_engine(url: str) -> AsyncEngine:
    """Return an engine with a pool; a broken connection is replaced when it is taken."""
    return create_async_engine(
        _with_defaults(make_url(url), SESSION),
        hide_parameters=True,  # addresses stay out of logs
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
    )


def open_blocking_engine(engine: AsyncEngine) -> Engine:
    """Return an engine for a thread of its own; its sessions are set up like the pool's."""
    return create_engine(engine.url, poolclass=NullPool, hide_parameters=True)


def for_reading(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine of read sessions: each sees the database as at its first query."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def for_writing(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine of write sessions."""
    return engine


def conninfo(url: str, session: Mapping[str, str]) -> str:
    """Return the URL in libpq's format, for a connection outside the pool."""
    whole = _with_defaults(make_url(url), {**SESSION, **session})
    place = whole.translate_connect_args(username="user", database="dbname")
    return make_conninfo("", **{**whole.query, **place})


def explain(error: Exception) -> str:
    """Return the server's complaint in one line, with the next step where it is known."""
    text = str(getattr(error, "orig", error)).strip()
    line = next((line for line in text.splitlines() if "failed" in line or "FATAL" in line), text)
    line = re.sub(r"^.*(?:FATAL|ERROR): +", "", line.splitlines()[0] if line else text)
    step = next((step for pattern, step in NEXT_STEPS if re.search(pattern, text)), None)
    return f"{line}; {step}" if step else line


def _with_defaults(url: URL, session: Mapping[str, str]) -> URL:
    """Return the URL with our defaults; what it says itself takes precedence."""
    options = " ".join(f"-c {name}={value}" for name, value in session.items())
    given = {name: value for name, value in url.query.items() if name != "options"}
    asked = url.query.get("options")
    theirs = " ".join(asked) if isinstance(asked, tuple) else asked
    return url.set(
        query={**CONNECTION, **given, "options": f"{options} {theirs}" if theirs else options}
    )


def insert_or_ignore(table: type[SQLModel]) -> Insert:
    """Return an INSERT that leaves out rows which break a unique constraint."""
    return insert(table).on_conflict_do_nothing()


def among(column: SQLColumnExpression[str], values: Iterable[str]) -> ColumnElement[bool]:
    """Return `column IN values` for thousands of values, with one parameter."""
    each = func.jsonb_array_elements_text(_jsonb(list(values)))
    return column.in_(select(each.column_valued("value")))


def rows_as_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> FromClause:
    """Return thousands of rows of text as a table with the columns `names`."""
    row: ColumnElement[Any] = func.jsonb_array_elements(_jsonb(rows)).column_valued("value")
    cells = [row.op("->>")(literal_column(str(at))) for at in range(len(names))]
    return select(
        *(type_coerce(cell, Text).label(name) for name, cell in zip(names, cells, strict=True))
    ).subquery()


def _jsonb(value: Sequence[Any]) -> ColumnElement[Any]:
    return cast(literal(json.dumps(value), Text), JSONB)


async def lock_rows(session: AsyncSession, rows: Select[Any]) -> None:
    """Lock the rows that a query finds until the transaction ends.

    The query should be ordered: two that lock the same rows in another order could each
    wait for the other.
    """
    await (await session.connection()).execute(rows.with_for_update())


async def one_at_a_time(session: AsyncSession, subject: str) -> None:
    """Wait for other transactions that called this with the same `subject`."""
    key = func.hashtextextended(subject, 0)
    await (await session.connection()).execute(select(func.pg_advisory_xact_lock(key)))


def wait_in_queue(connection: Connection, queue: int) -> None:
    """Wait for other transactions that entered the same `queue`."""
    connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_CLASS, queue)))


async def refresh_statistics(session: AsyncSession, *tables: str) -> None:
    """Count the rows of `tables` now: autovacuum does it once a minute, too late for a claim."""
    statement = f"ANALYZE {', '.join(tables)}"
    await (await session.connection()).exec_driver_sql(statement)


async def copy_in(
    connection: AsyncConnection, table: Table, rows: AsyncIterator[Sequence[Any]]
) -> None:
    """Write rows with COPY; each has a value for every column, in order."""
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column.name) for column in table.columns)
    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None
    async with (
        raw.cursor() as cursor,
        cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN") as copy,
    ):
        async for row in rows:
            await copy.write_row(row)


async def count_on(connection: AsyncConnection, table: Table) -> None:
    """Set the table's sequence, so that its next id follows the highest one."""
    key = table.autoincrement_column
    if key is None:
        return
    sequence = func.pg_get_serial_sequence(table.name, key.name)
    highest = select(func.max(key)).scalar_subquery()
    await connection.execute(
        select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None)))
    )
