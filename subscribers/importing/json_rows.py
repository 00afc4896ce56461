"""Addresses from JSON: a list or JSON Lines, of strings or of objects."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from subscribers.errors import UnreadableFile
from subscribers.importing.rows import ImportedRow, address_heading

MAXIMUM_LIST = 50_000_000  # characters; a list is read as a whole


def read_json_list(file: TextIO) -> Iterator[ImportedRow]:
    """The items of a list, counted from 1; raises `UnreadableFile`."""
    text = file.read(MAXIMUM_LIST + 1)
    if len(text) > MAXIMUM_LIST:
        raise UnreadableFile("the JSON list is too long; write JSON Lines or CSV")
    try:
        items = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableFile(f"line {error.lineno} is not JSON: {error.msg}") from None
    except (RecursionError, ValueError):  # Python refuses integers of over 4,300 digits
        raise UnreadableFile("the JSON is nested too deeply or holds absurd numbers") from None
    for number, item in enumerate(items, start=1):
        yield _imported(number, item)


def read_json_lines(lines: Iterable[str]) -> Iterator[ImportedRow]:
    """One object or string a line; a broken line is one rejected row."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _imported(number, json.loads(line))
        except (RecursionError, ValueError):
            yield ImportedRow(number, line.strip(), "is not JSON")


def _imported(row: int, item: Any) -> ImportedRow:
    if isinstance(item, dict):
        keys = list(item)
        position = address_heading(keys)
        item = None if position is None else item[keys[position]]
    if not isinstance(item, str) or not item.strip():
        return ImportedRow(row, "", "has no address")
    return ImportedRow(row, item)
