"""Reading a text page from top to bottom, line by line.

Blank lines are skipped, because pages have them in irregular places. Line numbers are those
of the file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.catalogue.pages.page import PageError


@dataclass(frozen=True)
class PageLine:
    """A line that is not blank, without outer white space; `number` counts from 1."""

    number: int
    text: str


class Cursor:
    """A position in a page, and the names of the parts read so far."""

    def __init__(self, text: str) -> None:
        numbered = enumerate(text.split("\n"), start=1)
        self._lines = [PageLine(n, raw.strip()) for n, raw in numbered if raw.strip()]
        self._at = 0
        self.read: list[str] = []

    def mark_read(self, part: str) -> None:
        """Record that a part of the page has been read."""
        self.read.append(part)

    def peek(self) -> PageLine | None:
        """The next line without passing it, or None at the end."""
        return self._lines[self._at] if self._at < len(self._lines) else None

    def next_line(self, what: str) -> PageLine:
        """Pass the next line and return it. At the end raises `PageError`: `what` is missing."""
        line = self.peek()
        if line is None:
            raise self._cut(what)
        self._at += 1
        return line

    def lines_until(self, label: str) -> list[PageLine]:
        """The lines before the next one that is exactly `label`; passes that one too."""
        for index in range(self._at, len(self._lines)):
            if self._lines[index].text == label:
                before, self._at = self._lines[self._at : index], index + 1
                return before
        raise self._cut(f"the line {label!r}")

    def previous_line(self) -> PageLine:
        """The line passed last."""
        return self._lines[self._at - 1]

    def _cut(self, what: str) -> PageError:
        last = self._lines[-1].number if self._lines else 1
        return PageError(f"the page ends without {what}; it may be cut", last)


def at_most_one(lines: Sequence[PageLine], what: str) -> PageLine | None:
    """The only line, or None. Raises `PageError` if there are more."""
    if len(lines) > 1:
        raise PageError(f"expected one line for {what}, found {len(lines)}", lines[0].number)
    return lines[0] if lines else None
