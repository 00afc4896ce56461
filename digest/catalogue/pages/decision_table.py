"""Layout B's decision table: five rows of label, left cell and right cell.

A cell may be blank. If a row has only one cell, the position of its blank line shows which side
is empty; without that line the row is an error.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from digest.catalogue.names import fold, value_or_none
from digest.catalogue.pages.cards import facts_of
from digest.catalogue.pages.cursor import Cursor, PageLine
from digest.catalogue.pages.page import Fact, PageError

ROWS = ("Panel verdict", "Community", "Pricing", "Best for", "Category")
_FACTS = {
    "Community": "community",
    "Pricing": "pricing",
    "Best for": "best_for",
    "Category": "category",
}
_PANEL = re.compile(r"(?:(?P<badge>[^·]+) · )?(?P<ship>\d{1,6}) ship / (?P<skip>\d{1,6}) skip")

Cells = tuple[PageLine | None, PageLine | None]


@dataclass
class DecisionColumn:
    """What the table says about one tool."""

    facts: dict[str, Fact] = field(default_factory=dict)
    counts: tuple[int, int] | None = None
    badge: PageLine | None = None


def read_decision_table(
    cursor: Cursor, file: str, names: tuple[str, str]
) -> tuple[DecisionColumn, DecisionColumn]:
    """The table, from below 'Decision' to past 'Reviewer scorecard'. Raises `PageError`."""
    _check_head(cursor.lines_until(ROWS[0]), names)
    columns = DecisionColumn(), DecisionColumn()
    for row, following in zip(ROWS, (*ROWS[1:], "Reviewer scorecard"), strict=True):
        label = cursor.previous_line()
        lines = cursor.lines_until(following)
        cells = _cells(row, label, lines, cursor.previous_line())
        for column, cell in zip(columns, cells, strict=True):
            _fill(column, row, cell, file)
    cursor.mark_read("decision table")
    return columns


def _check_head(lines: Sequence[PageLine], names: tuple[str, str]) -> None:
    if tuple(fold(line.text) for line in lines) != tuple(fold(name) for name in names):
        where = lines[0].number if lines else None
        raise PageError(
            "the headings of the decision table are not the names of the two cards", where
        )


def _cells(row: str, label: PageLine, lines: Sequence[PageLine], following: PageLine) -> Cells:
    if len(lines) == 2:
        return lines[0], lines[1]
    if not lines:
        return None, None
    if len(lines) > 2:
        raise PageError(f"{row!r} has {len(lines)} cells, not two", label.number)
    if following.number - label.number != 3:
        raise PageError(f"{row!r} has one cell, and nothing shows for which tool", lines[0].number)
    only = lines[0]
    return (only, None) if only.number == label.number + 1 else (None, only)


def _fill(column: DecisionColumn, row: str, cell: PageLine | None, file: str) -> None:
    if cell is None or value_or_none(cell.text) is None:
        return
    if row in _FACTS:
        column.facts.update(facts_of(file, **{_FACTS[row]: cell}))
    else:
        match = _PANEL.fullmatch(cell.text)
        if match is None:
            raise PageError("expected a verdict such as 'Ship · 3 ship / 1 skip'", cell.number)
        column.counts = int(match["ship"]), int(match["skip"])
        column.badge = PageLine(cell.number, match["badge"]) if match["badge"] else None
