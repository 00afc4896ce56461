"""What differs by database: how it is opened, and what its errors say. One module for each."""

from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine


class Database(Protocol):
    """What the module of a database offers to the store.

    `BEGIN_WRITING` begins a transaction on a connection of `open_blocking_engine`;
    None where the driver does that itself.
    """

    BEGIN_WRITING: str | None

    def open_engine(self, url: str) -> AsyncEngine:
        """An engine for the database at `url`."""

    def open_blocking_engine(self, engine: AsyncEngine) -> Engine:
        """The same for a thread of its own; parameters are named, no connection is kept."""

    def for_reading(self, engine: AsyncEngine) -> AsyncEngine:
        """The engine of read sessions: each sees the database as at its first look."""

    def for_writing(self, engine: AsyncEngine) -> AsyncEngine:
        """The engine of write sessions."""

    def explain(self, error: Exception) -> str:
        """What the database complains of, in one line, with the next step where it is known."""
