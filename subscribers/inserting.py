"""Inserting a row unless it is there already; the one place where the databases differ here."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession


def insert_if_new(
    session: AsyncSession, table: type[SQLModel]
) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that leaves out rows which break a unique constraint."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()
