"""Addresses from CSV as spreadsheets and other newsletter tools write it."""

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from subscribers.errors import UnreadableFile
from subscribers.importing.rows import ImportedRow, address_heading

SEPARATORS = ",;\t|"
QUOTED = re.compile(r'"[^"]*"')
SEPARATOR_LINE = re.compile(r"sep=(.)\s*\Z", re.IGNORECASE)  # Excel's own first line
NEUTRALISED = re.compile(r"'(?=[=+\-@\t\r])")  # as our own export writes it


def read_csv(lines: Iterable[str]) -> Iterator[ImportedRow]:
    """The rows of a CSV file, with or without headings; raises `UnreadableFile`."""
    rows = _records(iter(lines))
    row, first, _ = next(rows, (0, [], None))
    if not first:
        raise UnreadableFile("the file is empty")
    column = address_heading(first)
    headings = None if column is None else first
    if column is None:
        column = _column_of_address(first)
        rows = chain([(row, first, None)], rows)
    for row, cells, problem in rows:
        if problem:
            yield ImportedRow(row, "", problem)
        # Files that were joined repeat their headings; spreadsheets write empty rows of separators.
        elif cells != headings and any(cell.strip() for cell in cells):
            yield _imported(row, cells, column)


def _imported(row: int, cells: list[str], column: int) -> ImportedRow:
    value = cells[column].strip(" ") if column < len(cells) else ""
    if not value:
        return ImportedRow(row, "", "has no address")
    return ImportedRow(row, NEUTRALISED.sub("", value, count=1) if value[0] == "'" else value)


def _records(lines: Iterator[str]) -> Iterator[tuple[int, list[str], str | None]]:
    """(line number, cells, problem). Raises `UnreadableFile` for a quote that is never closed."""
    first = next(lines, "")
    skipped = 0
    if separator_line := SEPARATOR_LINE.match(first):
        separator, skipped = separator_line.group(1), 1
    else:
        separator = _separator(first)
        lines = chain([first], lines)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        row = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            # A stray quote within one line spoils that row; one that runs on spoils the rest.
            if reader.line_num > row:
                raise UnreadableFile(
                    f"a quote that opens in row {row + skipped} is never closed properly"
                ) from None
            yield row + skipped, [""], "has a stray quote"
        else:
            if cells:
                yield row + skipped, cells, None


def _separator(first: str) -> str:
    """The separator that is most frequent in the first line outside quotes."""
    unquoted = QUOTED.sub("", first)
    return max(SEPARATORS, key=unquoted.count)


def _column_of_address(first: list[str]) -> int:
    """For a file without headings: the only column, or the only one with an @ in it."""
    with_at = [index for index, cell in enumerate(first) if "@" in cell]
    if len(first) == 1 or len(with_at) == 1:
        return with_at[0] if with_at else 0
    raise UnreadableFile("there is no column headed email; name the one with the addresses so")
