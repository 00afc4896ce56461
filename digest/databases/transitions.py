"""How a state machine moves: one conditional update, which exactly one of several callers wins."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from sqlmodel import SQLModel, col, update
from sqlmodel.ext.asyncio.session import AsyncSession


async def move_state(
    session: AsyncSession,
    table: type[SQLModel],
    row_id: int | None,
    *,
    before: Collection[StrEnum],
    after: StrEnum,
    **values: Any,
) -> bool:
    """Move the row's `state` from one of `before` to `after`, and set `values`.

    Returns whether it was this call that did. The condition is judged by the database on
    the row as it is now, so nothing needs to be locked first. What False means (somebody
    else was faster, or the state forbids it) is for the caller to say.
    """
    row: Any = table  # tables with a state have these two columns
    result = await session.exec(
        update(table)
        .where(col(row.id) == row_id, col(row.state).in_(before))
        .values(state=after, **values)
    )
    return result.rowcount == 1
