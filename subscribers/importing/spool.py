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

from subscribers.importing.standing import Standing

CACHE_KIB = 8_192


class Spooled(NamedTuple):
    """One address, ready to be stored, and what the file says of it.

    `edition`, "" for the one that is imported, and `state`, "" for none, are those of our own
    export; `reasons` are to be put in force, each between spaces. Of equal addresses the one
    with the highest `severity` is kept.
    """

    address_hash: str
    address: str
    normalised: str
    edition: str = ""
    standing: str = Standing.ACTIVE
    state: str = ""
    reasons: str = ""
    severity: str = "00"


COLUMNS = Spooled._fields[:-1]  # of all that is stored
TYPED = ", ".join(f"{name} TEXT" for name in COLUMNS)


class Spool:
    """A set of addresses larger than memory: `add` all, `sort` once, then read `chunks`."""

    def __init__(self) -> None:
        # A temporary file that SQLite deletes on close; filled in a thread, read in another.
        self._database = sqlite3.connect("", check_same_thread=False)
        self._database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(f"CREATE TABLE added ({TYPED}, severity TEXT)")
        self._database.execute(
            f"CREATE TABLE spooled ({TYPED}, PRIMARY KEY (address_hash, edition)) WITHOUT ROWID"
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
        self._database.executemany("INSERT INTO added VALUES (?, ?, ?, ?, ?, ?, ?, ?)", addresses)

    def sort(self) -> int:
        """Keep the most restrictive of equal addresses, and the first of these; the number kept."""
        kept = self._database.execute(
            f"INSERT OR IGNORE INTO spooled SELECT {', '.join(COLUMNS)} FROM added"  # noqa: S608
            " ORDER BY address_hash, edition, severity DESC, rowid"
        ).rowcount
        self._database.execute("DROP TABLE added")
        return kept

    def editions(self) -> list[str]:
        """The editions that the file names, which only our own export does."""
        found = self._database.execute("SELECT DISTINCT edition FROM spooled WHERE edition != ''")
        return sorted(edition for (edition,) in found)

    def keep(self, edition: str) -> int:
        """Forget what the file says of other editions; the number of rows forgotten.

        That an address must not be mailed holds for all editions.
        """
        self._database.execute(
            "UPDATE OR IGNORE spooled SET edition = ?, state = '', standing = ?"
            " WHERE edition NOT IN ('', ?) AND reasons != ''",
            (edition, Standing.WITHOUT_CONSENT, edition),
        )
        return self._database.execute(
            "DELETE FROM spooled WHERE edition NOT IN ('', ?)", (edition,)
        ).rowcount

    def rename(self, edition: str) -> None:
        """Let the rows of an edition be of the one that is imported."""
        self._database.execute(
            "UPDATE OR IGNORE spooled SET edition = '' WHERE edition = ?", (edition,)
        )

    def chunks(self, size: int) -> Iterator[list[Spooled]]:
        """All addresses, at most `size` at a time."""
        cursor = self._database.execute("SELECT * FROM spooled ORDER BY address_hash")
        while rows := cursor.fetchmany(size):
            yield [Spooled(*row) for row in rows]
