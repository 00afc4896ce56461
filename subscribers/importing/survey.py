"""Reading a file once before it is checked: who of its readers may be mailed, by which columns.

What a column means is known only when all its values are: "state" may be a place. A value whose
meaning is not known stops the import, since a guess would mail people who left, or lose some.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from subscribers.errors import UnreadableFile
from subscribers.importing.headings import (
    Kind,
    StandingColumn,
    address_column,
    named_column,
    standing_column,
)
from subscribers.importing.rows import Row
from subscribers.importing.standing import Standing, fold, reason_of, word_of
from subscribers.importing.values import meaning, strictest

OWN_HEADINGS = {"address", "edition", "state", "suppressed"}
EMPTY = "empty"
MOST_VALUES = 200  # different ones of a column
SHOWN_VALUES = 8
CACHED = 20_000


@dataclass(frozen=True)
class Choices:
    """What the importer says about a file: options of the command line.

    `everybody` is the standing of all, whatever the columns say.
    """

    encoding: str | None = None
    column: str | None = None
    status_column: str | None = None
    take: tuple[str, ...] = ()
    everybody: Standing | None = None


@dataclass(frozen=True)
class Layout:
    """Where the address and the standing are in rows with the same headings."""

    address: int
    columns: tuple[StandingColumn, ...]
    others: tuple[int, ...]
    edition: int | None = None  # of our own export
    state: int | None = None
    suppressed: int | None = None


@dataclass
class Survey:
    """The layouts of a file, and how often each value of a column that counts is there."""

    choices: Choices
    values: dict[str, Counter[str]] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)
    _layouts: dict[tuple[str, ...], Layout] = field(default_factory=dict)
    _known: dict[tuple[str, ...], Standing] = field(default_factory=dict)
    _taken: frozenset[str] = frozenset()

    def read(self, rows: Iterable[Row]) -> "Survey":
        """Count the values of all rows. Raises `UnreadableFile` for one that is not known."""
        if self.choices.everybody:
            return self
        for row in rows:
            if not row.problem:
                layout = self.layout(row)
                for column in layout.columns:
                    self._count(column, _cell(row.cells, column.position))
                for position in layout.others:
                    if position < len(row.cells) and word_of(row.cells[position]):
                        self._look_at(row, position)
        self._decide()
        return self

    def layout(self, row: Row) -> Layout:
        """What the cells of a row mean."""
        layout = self._layouts.get(row.headings)
        if layout is None:
            layout = self._layouts[row.headings] = _layout(row, self.choices)
        return layout

    @property
    def tells_standing(self) -> bool:
        """Whether the file says of its readers who may be mailed."""
        return any(layout.columns for layout in self._layouts.values())

    @property
    def is_own(self) -> bool:
        """Whether the file was written by `digest readers export`."""
        return any(layout.edition is not None for layout in self._layouts.values())

    def standing(self, row: Row, layout: Layout) -> Standing:
        """The most restrictive of what the columns say; active where none says anything."""
        if self.choices.everybody:
            return self.choices.everybody
        if self._states and not self._states.intersection(c.heading for c in layout.columns):
            return Standing.WITHOUT_CONSENT  # the same key is there in other objects of JSON
        if not layout.columns:
            return Standing.ACTIVE
        cells = tuple(_cell(row.cells, column.position) for column in layout.columns)
        key = (*row.headings, *cells)
        found = self._known.get(key)
        if found is None:
            found = strictest(map(self._meaning, layout.columns, cells))
            if len(self._known) < CACHED:
                self._known[key] = found
        return found

    @cached_property
    def _states(self) -> frozenset[str]:
        """The columns that tell it of every reader."""
        return frozenset(
            column.heading
            for layout in self._layouts.values()
            for column in layout.columns
            if column.kind is not Kind.NEGATIVE and column.heading in self.values
        )

    def _meaning(self, column: StandingColumn, cell: str) -> Standing | None:
        if column.kind is Kind.MAYBE_STATE and column.heading not in self.values:
            return None
        found = meaning(column, cell)
        if not self._takes(column):
            return found
        if (fold(cell) or EMPTY) in self._taken:
            return Standing.ACTIVE
        return Standing.WITHOUT_CONSENT if found in (None, Standing.ACTIVE) else found

    def _takes(self, column: StandingColumn) -> bool:
        """Whether `--take` names values of this column."""
        return bool(self._taken) and any(
            (fold(value) or EMPTY) in self._taken for value in self.values.get(column.heading, ())
        )

    def _count(self, column: StandingColumn, cell: str) -> None:
        counted = self.values.setdefault(column.heading, Counter())
        value = cell.strip() or EMPTY
        if column.kind is Kind.NEGATIVE and meaning(column, cell) is not None:
            value = (word_of(cell) and value) or "set"
        if value in counted or len(counted) < MOST_VALUES:
            counted[value] += 1
        else:
            counted["other values"] += 1

    def _look_at(self, row: Row, position: int) -> None:
        """Note a column that says of somebody that they left, though its heading does not."""
        cell = _cell(row.cells, position)
        word = word_of(cell)
        if word is not None and (not row.headings or (word.reason and reason_of(cell))):
            name = row.headings[position] if row.headings else str(position + 1)
            self.hints.setdefault(name, cell.strip())

    def _decide(self) -> None:
        columns = {c.heading: c for each in self._layouts.values() for c in each.columns}
        for heading, column in columns.items():
            if column.kind is Kind.MAYBE_STATE and not any(
                word_of(value) or reason_of(value) for value in self.values[heading]
            ):
                del self.values[heading]
        self._take(columns)
        for heading, counted in self.values.items():
            column = columns[heading]
            unknown = [
                value
                for value in counted
                if self._meaning(column, "" if value == EMPTY else value) is None
                and column.kind in (Kind.STATE, Kind.MAYBE_STATE)
            ]
            if unknown:
                raise UnreadableFile(_question(heading, counted, unknown))
        if self.hints and not self.choices.status_column:
            name, word = next(iter(self.hints.items()))
            raise UnreadableFile(
                f"column {name!r} says {word!r} of some readers; if it tells who may be mailed, "
                f"name it with --status-column {name!r}, else take it out of the file"
            )

    def _take(self, columns: dict[str, StandingColumn]) -> None:
        asked = {fold(value) or EMPTY: value for value in self.choices.take}
        there = {fold(value) or EMPTY for counted in self.values.values() for value in counted}
        for folded, value in asked.items():
            if folded not in there:
                raise UnreadableFile(
                    f"--take: no row has {value!r} in a column that tells the status"
                )
            standing = word_of(value)
            if standing is not None and standing.reason:
                raise UnreadableFile(
                    f"--take: {value!r} says that a reader {WHAT_HAPPENED[standing]}; "
                    "only their own confirmation brings them back"
                )
        self._taken = frozenset(asked)


WHAT_HAPPENED = {
    Standing.LEFT: "left",
    Standing.BOUNCED: "cannot be reached",
    Standing.BLOCKED: "must not be mailed",
    Standing.COMPLAINED: "complained",
}


def _question(heading: str, counted: Counter[str], unknown: Sequence[str]) -> str:
    shown = ", ".join(f"{value!r} ({counted[value]:,})" for value in unknown[:SHOWN_VALUES])
    more = f" and {len(unknown) - SHOWN_VALUES:,} more" if len(unknown) > SHOWN_VALUES else ""
    return (
        f"column {heading!r} has values whose meaning is not known: {shown}{more}; "
        "name all values of readers who agreed with --take VALUE,VALUE, "
        "or the column that tells the status with --status-column NAME"
    )


def _cell(cells: Sequence[str], position: int) -> str:
    return cells[position] if position < len(cells) else ""


def _layout(row: Row, choices: Choices) -> Layout:
    address = _address(row, choices)
    folded = [fold(heading) for heading in row.headings]
    if set(folded) >= OWN_HEADINGS:
        state = folded.index("state")
        return Layout(
            address,
            (StandingColumn(state, row.headings[state], Kind.OWN_STATE),),
            (),
            folded.index("edition"),
            state,
            folded.index("suppressed"),
        )
    columns = [
        found
        for position, heading in enumerate(row.headings)
        if position != address and (found := _standing_column(position, heading))
    ]
    if choices.status_column:
        position = named_column(row.headings, choices.status_column, len(row.cells))
        name = row.headings[position] if row.headings else str(position + 1)
        columns = [c for c in columns if c.kind is Kind.NEGATIVE and c.position != position]
        columns.append(StandingColumn(position, name, Kind.STATE))
    known = {address, *(column.position for column in columns)}
    width = len(row.headings) or len(row.cells)
    return Layout(address, tuple(columns), tuple(set(range(width)) - known))


def _standing_column(position: int, heading: str) -> StandingColumn | None:
    # Of an inner object, such as "subscriber.status", its own name may be the known one.
    inner = heading.rpartition(".")[2]
    found = standing_column(position, heading) or standing_column(position, inner)
    return found and StandingColumn(position, heading, found.kind, found.standing)


def _address(row: Row, choices: Choices) -> int:
    """The column with the address. Without headings, the only one, or the only one with an @."""
    if choices.column:
        return named_column(row.headings, choices.column, len(row.cells))
    if row.headings:
        position = address_column(row.headings)
        return -1 if position is None else position
    with_at = [index for index, cell in enumerate(row.cells) if "@" in cell]
    if len(row.cells) == 1 or len(with_at) == 1:
        return with_at[0] if with_at else 0
    raise UnreadableFile(
        "there is no column headed email; name the one with the addresses by --column"
    )
