"""Two senders that cannot keep the promise, which the harness must find out.

Both keep a list of readers in a small SQLite file, send in batches over one connection, and
continue after a crash with the readers not marked as done. They differ in when they mark.
"""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP

from tests.faults.verdicts import Row

BATCH = 10

Design = Callable[[Path, int], None]


def make_book(path: Path, readers: Iterable[str]) -> None:
    """A list of readers, none of them done."""
    with closing(sqlite3.connect(path)) as book, book:
        book.execute("CREATE TABLE reader (id INTEGER PRIMARY KEY, address TEXT, done INTEGER)")
        book.executemany("INSERT INTO reader (address, done) VALUES (?, 0)", zip(readers))


def read_book(path: Path) -> dict[str, Row]:
    """The state of each reader in the list."""
    with closing(sqlite3.connect(path)) as book:
        rows = book.execute("SELECT address, done FROM reader").fetchall()
    return {address: Row("accepted" if done else "pending") for address, done in rows}


def cursor_at_fetch(path: Path, port: int) -> None:
    """Marks a batch when it is fetched: after a kill, the rest of the batch is never sent."""
    with closing(sqlite3.connect(path)) as book, SMTP("127.0.0.1", port) as relay:
        while batch := _fetch(book):
            _mark(book, batch)
            for _, address in batch:
                _send(relay, address)


def mark_after_batch(path: Path, port: int) -> None:
    """Marks a batch after it was sent: after a kill, the whole batch is sent again."""
    with closing(sqlite3.connect(path)) as book, SMTP("127.0.0.1", port) as relay:
        while batch := _fetch(book):
            for _, address in batch:
                _send(relay, address)
            _mark(book, batch)


def _fetch(book: sqlite3.Connection) -> list[tuple[int, str]]:
    query = "SELECT id, address FROM reader WHERE NOT done ORDER BY id LIMIT ?"
    return book.execute(query, (BATCH,)).fetchall()


def _mark(book: sqlite3.Connection, batch: list[tuple[int, str]]) -> None:
    with book:
        book.executemany(
            "UPDATE reader SET done = 1 WHERE id = ?", [(number,) for number, _ in batch]
        )


def _send(relay: SMTP, address: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "news@example.org", address, "News"
    message["Message-ID"] = f"<{address.partition('@')[0]}@example.org>"
    message.set_content("hello")
    relay.send_message(message)
