"""Insert-or-ignore, in the two dialects that we speak."""

from typing import TypeVar

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

Row = TypeVar("Row", bound=SQLModel)


async def insert_missing(session: AsyncSession, rows: list[Row]) -> list[Row]:
    """Insert the rows of one table that collide with none there; those that went in.

    Whoever comes second, even in the same instant, finds the row there and adds
    nothing: no error, no second row.
    """
    if not rows:
        return []
    table = type(rows[0])
    values = [row.model_dump(exclude_none=True) for row in rows]
    postgres = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert(table) if postgres else sqlite.insert(table)
    statement = insert.values(values).on_conflict_do_nothing().returning(table)
    return list((await session.exec(statement)).scalars())
