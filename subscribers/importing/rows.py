"""A row of an imported file."""

from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """The line number of a row, its headings (none in a file without), and its cells.

    `problem` is set if the row could not be read; it completes "row 17 …". `guessed` says
    that the row was not written in the file's encoding, and its letters are a guess.
    """

    number: int
    headings: tuple[str, ...]
    cells: Sequence[str]
    problem: str | None = None
    guessed: bool = False
