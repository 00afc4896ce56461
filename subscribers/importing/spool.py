"""The addresses of an import, each once, kept on disk until they are stored.

The spool is a temporary SQLite database: a file of a million rows is checked in flat
memory and without holding the store's write lock. Addresses are appended as they come and
sorted once at the end, which takes half the time of keeping them in order. They are
returned in order of their hash, so that the store's largest index grows at its end.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import NamedTuple

CACHE_KIB = 8_192


class Spooled(NamedTuple):
    """One address, ready to be stored."""

    address_hash: str
    address: str
    normalised: str


class Spool:
    """A set of addresses larger than memory: `add` all, `sort` once, then read `chunks`."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # a temporary file that SQLite deletes on close
        self._database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(
            "CREATE TABLE added (address_hash TEXT, address TEXT, normalised TEXT)"
        )
        self._database.execute(
            "CREATE TABLE spooled (address_hash TEXT PRIMARY KEY, address TEXT, normalised TEXT)"
            " WITHOUT ROWID"
        )

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def add(self, addresses: Iterable[Spooled]) -> None:
        """Append addresses."""
        self._database.executemany("INSERT INTO added VALUES (?, ?, ?)", addresses)

    def sort(self) -> int:
        """Keep the first of equal addresses; the number kept."""
        kept = self._database.execute(
            "INSERT OR IGNORE INTO spooled SELECT * FROM added ORDER BY address_hash, rowid"
        ).rowcount
        self._database.execute("DROP TABLE added")
        return kept

    def chunks(self, size: int) -> Iterator[list[Spooled]]:
        """All addresses, at most `size` at a time."""
        cursor = self._database.execute("SELECT * FROM spooled ORDER BY address_hash")
        while rows := cursor.fetchmany(size):
            yield [Spooled(*row) for row in rows]
