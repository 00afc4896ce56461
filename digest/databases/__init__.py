"""The ground floor: everything that differs between SQLite and PostgreSQL.

One module for each database, with the same functions. `dialect_of` gives the one that
a session or an engine talks to, so that no caller asks which database it has.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Select,
    SQLColumnExpression,
)
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases import postgresql, sqlite


class Dialect(Protocol):
    """What the module of a database offers.

    `SHARED` says whether several machines can work on the database, each with writers of
    its own. `BEGIN_WRITING` begins a transaction on a connection of `open_blocking_engine`;
    it is None where the driver does that itself.
    """

    SHARED: bool
    BEGIN_WRITING: str | None

    def open_engine(self, url: str) -> AsyncEngine:
        """Return an engine for the database at `url`."""

    def open_blocking_engine(self, engine: AsyncEngine) -> Engine:
        """Return the same for a thread of its own; parameters are named, no connection is kept."""

    def for_reading(self, engine: AsyncEngine) -> AsyncEngine:
        """Return the engine of read sessions: each sees the database as at its first query."""

    def for_writing(self, engine: AsyncEngine) -> AsyncEngine:
        """Return the engine of write sessions."""

    def explain(self, error: Exception) -> str:
        """Return the database's complaint in one line, with the next step where it is known."""

    def insert_or_ignore(self, table: type[SQLModel]) -> SqliteInsert | PostgresqlInsert:
        """Return an INSERT that leaves out rows which break a unique constraint."""

    def among(self, column: SQLColumnExpression[str], values: Iterable[str]) -> ColumnElement[bool]:
        """Return `column IN values` for thousands of values.

        They are one parameter, so there is one prepared statement whatever their number.
        """

    def rows_as_table(self, names: Sequence[str], rows: Sequence[Sequence[str]]) -> FromClause:
        """Return thousands of rows of text as a table with the columns `names`.

        They are one parameter too.
        """

    async def lock_rows(self, session: AsyncSession, rows: Select[Any]) -> None:
        """Lock the rows that a query finds until the transaction ends."""

    async def one_at_a_time(self, session: AsyncSession, subject: str) -> None:
        """Wait for other transactions that called this with the same `subject`."""

    def wait_in_queue(self, connection: Connection, queue: int) -> None:
        """Wait for other transactions that entered the same `queue`."""

    async def refresh_statistics(self, session: AsyncSession, *tables: str) -> None:
        """Let the planner count the rows of `tables` now, after many were written."""


DIALECTS: dict[str, Dialect] = {"sqlite": sqlite, "postgresql": postgresql}


def dialect_of(database: AsyncSession | AsyncEngine | Engine | Connection) -> Dialect:
    """Return the module of the database that a session, engine or connection talks to."""
    bound = database.get_bind() if isinstance(database, AsyncSession) else database
    return DIALECTS[bound.dialect.name]


def dialect_at(url: str) -> Dialect:
    """Return the module of the database at a SQLAlchemy URL."""
    return DIALECTS[make_url(url).get_backend_name()]
