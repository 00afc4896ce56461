"""Rows of CSV as spreadsheets and other newsletter tools write it."""

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from subscribers.errors import UnreadableFile
from subscribers.importing.headings import address_column
from subscribers.importing.rows import Row
from subscribers.importing.text_files import guess_letters

SEPARATORS = ",;\t|"
QUOTED = re.compile(r'"[^"]*"')
SEPARATOR_LINE = re.compile(r"sep=(.)\s*\Z", re.IGNORECASE)  # Excel's own first line
NEUTRALISED = re.compile(r"'(?=['=+\-@\t\r])")  # as our own export writes it
LINE_BREAK = re.compile(r"[\r\n]")


def read_csv(lines: Iterable[str], *, headings: bool = False) -> Iterator[Row]:
    """The rows of a CSV file, with or without headings; raises `UnreadableFile`.

    The first row is that of the headings if one of them means an address, or by `headings`.
    """
    rows = _records(iter(lines))
    first = next(rows, None)
    if first is None:
        raise UnreadableFile("the file is empty")
    names: tuple[str, ...] = ()
    if headings or address_column(first.cells) is not None:
        names = tuple(cell.strip("\ufeff ") for cell in first.cells)
        repeated = list(first.cells)
    else:
        repeated = None
        rows = chain([first], rows)
    for row in rows:
        # Files that were joined repeat their headings; spreadsheets write empty rows of separators.
        if row.problem or (row.cells != repeated and any(cell.strip() for cell in row.cells)):
            yield Row(row.number, names, row.cells, row.problem, row.guessed)


def plain(cell: str) -> str:
    """A cell of CSV without the apostrophe that keeps a spreadsheet from evaluating it."""
    return NEUTRALISED.sub("", cell, count=1) if cell.startswith("'") else cell


def _records(lines: Iterator[str]) -> Iterator[Row]:
    """Rows without headings. Raises `UnreadableFile` for a quote that is never closed."""
    first = next(lines, "").lstrip("\ufeff")
    skipped = 0
    if separator_line := SEPARATOR_LINE.match(first):
        separator, skipped = separator_line.group(1), 1
    else:
        separator = _separator(first)
        lines = chain([first], lines)
    last = ""

    def remembered() -> Iterator[str]:
        nonlocal last
        for line in lines:
            last = line
            yield line

    reader = csv.reader(remembered(), delimiter=separator, strict=True)
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
            yield Row(row + skipped, (), [last.strip()], "has a stray quote")
        else:
            if cells:
                yield _row(row + skipped, cells, several_lines=reader.line_num > row)


def _row(number: int, cells: list[str], *, several_lines: bool) -> Row:
    read, guessed = guess_letters(cells)
    if "'" in "".join(read):
        read = [plain(cell) for cell in read]
    problem = None
    if several_lines and any("@" in cell and LINE_BREAK.search(cell.strip()) for cell in cells):
        problem = "has a quoted cell with a line break and an @ in it, which may be a row by itself"
    return Row(number, (), read, problem, guessed)


def _separator(first: str) -> str:
    """The separator that is most frequent in the first line outside quotes."""
    unquoted = QUOTED.sub("", first)
    return max(SEPARATORS, key=unquoted.count)
