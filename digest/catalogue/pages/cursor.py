"""Reading a page from top to bottom by whole lines.

Blank lines are dropped, since they are irregular; numbers stay those of the file.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class PageError(Exception):
    """A page cannot be read further; `line` is where, None where it concerns the whole file."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True)
class PageLine:
    """A line that is not blank, without outer white space; numbers start at 1."""

    number: int
    text: str


class Cursor:
    """A place in a page, and the names of the parts read up to there."""

    def __init__(self, text: str) -> None:
        numbered = enumerate(text.split("\n"), start=1)
        self._lines = [PageLine(n, raw.strip()) for n, raw in numbered if raw.strip()]
        self._at = 0
        self.read: list[str] = []

    def done(self, part: str) -> None:
        """Note that a part of the page has been read."""
        self.read.append(part)

    def peek(self) -> PageLine | None:
        """The next line, if there is one."""
        return self._lines[self._at] if self._at < len(self._lines) else None

    def take(self, what: str) -> PageLine:
        """The next line, which should be `what`. Raises `PageError` at the end."""
        line = self.peek()
        if line is None:
            raise self._cut(what)
        self._at += 1
        return line

    def until(self, label: str) -> list[PageLine]:
        """The lines before the next one that says `label` and nothing else; goes past it."""
        for index in range(self._at, len(self._lines)):
            if self._lines[index].text == label:
                before, self._at = self._lines[self._at : index], index + 1
                return before
        raise self._cut(f"the line {label!r}")

    def line_before(self) -> PageLine:
        """The line last gone past."""
        return self._lines[self._at - 1]

    def _cut(self, what: str) -> PageError:
        last = self._lines[-1].number if self._lines else 1
        return PageError(f"the page ends without {what}; it may be cut", last)


def at_most_one(lines: Sequence[PageLine], what: str) -> PageLine | None:
    """The only line, or None. Raises `PageError` where there are more."""
    if len(lines) > 1:
        raise PageError(f"expected one line for {what}, found {len(lines)}", lines[0].number)
    return lines[0] if lines else None
