"""Where SQLite and PostgreSQL differ for this package."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlmodel
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    SQLColumnExpression,
    Text,
    cast,
    func,
    literal,
    literal_column,
    select,
    type_coerce,
)
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


def rows_of(
    session: AsyncSession, names: Sequence[str], rows: Sequence[Sequence[str]]
) -> FromClause:
    """Thousands of rows of text as a table with the columns `names`; also one parameter."""
    array = json.dumps(rows)
    if _is_postgresql(session):
        each = func.jsonb_array_elements(cast(literal(array, Text), postgresql.JSONB))
        value: ColumnElement[Any] = each.column_valued("value")
        cells: list[ColumnElement[Any]] = [
            value.op("->>")(literal_column(str(at))) for at in range(len(names))
        ]
    else:
        value = func.json_each(array).table_valued("value").c.value
        cells = [func.json_extract(value, f"$[{at}]") for at in range(len(names))]
    return select(
        *(type_coerce(cell, Text).label(name) for name, cell in zip(names, cells, strict=True))
    ).subquery()


async def hold(session: AsyncSession, ids: Select[Any]) -> None:
    """Lock rows till the transaction ends; on SQLite nobody else writes anyway."""
    if _is_postgresql(session):
        await (await session.connection()).execute(ids.with_for_update())


async def one_at_a_time(session: AsyncSession, subject: str) -> None:
    """Wait for other transactions that asked the same; on SQLite all writers wait anyway."""
    if _is_postgresql(session):
        key = func.hashtextextended(subject, 0)
        await session.exec(sqlmodel.select(func.pg_advisory_xact_lock(key)))


def _is_postgresql(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"
