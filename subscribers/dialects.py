"""Where SQLite and PostgreSQL differ for this package."""

import json
from collections.abc import Iterable

import sqlmodel
from sqlalchemy import ColumnElement, SQLColumnExpression, Text, cast, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession


def insert_if_new(
    session: AsyncSession, table: type[SQLModel]
) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that leaves out rows which break a unique constraint."""
    if _is_postgresql(session):
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def among(
    session: AsyncSession, column: SQLColumnExpression[str], values: Iterable[str]
) -> ColumnElement[bool]:
    """`column IN values` for thousands of values: one parameter, hence one prepared statement."""
    array = json.dumps(list(values))
    if _is_postgresql(session):
        rows = func.jsonb_array_elements_text(cast(literal(array, Text), postgresql.JSONB))
        return column.in_(select(rows.column_valued("value")))
    return column.in_(select(func.json_each(array).table_valued("value").c.value))


async def one_at_a_time(session: AsyncSession, subject: str) -> None:
    """Wait for other transactions that asked the same; on SQLite all writers wait anyway."""
    if _is_postgresql(session):
        key = func.hashtextextended(subject, 0)
        await session.exec(sqlmodel.select(func.pg_advisory_xact_lock(key)))


def _is_postgresql(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"
