"""Insert-or-ignore for whole objects."""

from collections.abc import Sequence
from typing import TypeVar

from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases import dialect_of

Row = TypeVar("Row", bound=SQLModel)


async def insert_missing(session: AsyncSession, rows: Sequence[Row]) -> list[Row]:
    """Insert the rows (all of one table) that break no unique constraint; return those.

    The loser of a race inserts nothing and gets an empty list: no error, no second row.
    """
    if not rows:
        return []
    table = type(rows[0])
    values = [row.model_dump(exclude_none=True) for row in rows]
    statement = dialect_of(session).insert_or_ignore(table).values(values).returning(table)
    return list((await session.exec(statement)).scalars())
