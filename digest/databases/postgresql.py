"""PostgreSQL through psycopg: sessions with limits, and its errors in one sentence.

Reading sees one instant (REPEATABLE READ) as on SQLite; writing is READ COMMITTED,
so that a conditional update that had to wait judges the row as it is by then.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, NullPool, Table, create_engine, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

SCHEMES = ("postgresql+psycopg", "postgresql", "postgres")
DRIVER = "postgresql+psycopg"

# A worker that is suspended in mid-transaction must not hold up pauses and unsubscribes
# for ever; and one that waits for a lock gives up when SQLite would, too.
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
CONNECTIONS = 5  # kept; as many again in a rush
BEGIN_WRITING: str | None = None  # the driver begins one with the first statement

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
    """The URL with the driver that we use; `postgres://` is what many hosts hand out."""
    scheme, separator, rest = url.partition("://")
    return f"{DRIVER}{separator}{rest}" if scheme in SCHEMES else url


def is_valid(url: str) -> bool:
    """Whether it is a URL with our driver that names a database."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # such as a port that is no number
        return False
    return parsed.drivername == DRIVER and bool(parsed.database)


def open_engine(url: str) -> AsyncEngine:
    """An engine with a pool; a connection that broke meanwhile is replaced when it is taken."""
    return create_async_engine(
        _with_defaults(make_url(url), SESSION),
        hide_parameters=True,  # addresses stay out of logs
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
    )


def open_blocking_engine(engine: AsyncEngine) -> Engine:
    """For a thread of its own; the session is set up as the pool's are."""
    return create_engine(engine.url, poolclass=NullPool, hide_parameters=True)


def for_reading(engine: AsyncEngine) -> AsyncEngine:
    """The engine of read sessions: each sees the database as at its first look."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def for_writing(engine: AsyncEngine) -> AsyncEngine:
    """The engine of write sessions."""
    return engine


def conninfo(url: str, session: Mapping[str, str]) -> str:
    """The URL as libpq takes it, for a connection outside the pool."""
    whole = _with_defaults(make_url(url), {**SESSION, **session})
    place = whole.translate_connect_args(username="user", database="dbname")
    return make_conninfo("", **{**whole.query, **place})


def explain(error: Exception) -> str:
    """The server's complaint in one line, with the next step where it is known."""
    text = str(getattr(error, "orig", error)).strip()
    line = next((line for line in text.splitlines() if "failed" in line or "FATAL" in line), text)
    line = re.sub(r"^.*(?:FATAL|ERROR): +", "", line.splitlines()[0] if line else text)
    step = next((step for pattern, step in NEXT_STEPS if re.search(pattern, text)), None)
    return f"{line}; {step}" if step else line


def _with_defaults(url: URL, session: Mapping[str, str]) -> URL:
    """What the URL itself says goes before ours."""
    options = " ".join(f"-c {name}={value}" for name, value in session.items())
    given = {name: value for name, value in url.query.items() if name != "options"}
    asked = url.query.get("options")
    theirs = " ".join(asked) if isinstance(asked, tuple) else asked
    return url.set(
        query={**CONNECTION, **given, "options": f"{options} {theirs}" if theirs else options}
    )


async def copy_in(
    connection: AsyncConnection, table: Table, rows: AsyncIterator[Sequence[Any]]
) -> None:
    """Write rows, each with a value for every column in order, with COPY."""
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
    """Let the table's next id come after the highest there is."""
    key = table.autoincrement_column
    if key is None:
        return
    sequence = func.pg_get_serial_sequence(table.name, key.name)
    highest = select(func.max(key)).scalar_subquery()
    await connection.execute(
        select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None)))
    )
