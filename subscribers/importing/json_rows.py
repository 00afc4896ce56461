"""Rows from JSON: a list or JSON Lines, of strings or of objects."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from subscribers.errors import UnreadableFile
from subscribers.importing.headings import address_column
from subscribers.importing.rows import Row
from subscribers.importing.text_files import guess_letters

MAXIMUM_LIST = 50_000_000  # characters; a list is read as a whole
DEEPEST = 4  # levels of objects in which a standing is looked for


def read_json_list(file: TextIO) -> Iterator[Row]:
    """The items of a list, counted from 1; raises `UnreadableFile`."""
    text = _whole(file)
    try:
        items = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableFile(f"line {error.lineno} is not JSON: {error.msg}") from None
    except (RecursionError, ValueError):  # Python refuses integers of over 4,300 digits
        raise UnreadableFile("the JSON is nested too deeply or holds absurd numbers") from None
    for number, item in enumerate(items, start=1):
        yield _row(number, item)


def read_json_lines(lines: Iterable[str]) -> Iterator[Row]:
    """One object or string a line; a broken line is one rejected row."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _row(number, json.loads(line))
        except (RecursionError, ValueError):
            yield Row(number, (), [line.strip()], "is not JSON")


def refuse_wrapped(file: TextIO) -> None:
    """Raise `UnreadableFile` for a single object with the list somewhere inside it.

    Leaves the file at its start.
    """
    text = file.read(MAXIMUM_LIST)
    file.seek(0)
    try:
        whole = json.loads(text)
    except (RecursionError, ValueError):
        return  # JSON Lines, or broken: the lines tell
    if isinstance(whole, dict) and address_column(list(whole)) is None:
        _refuse_wrapped(whole)


def _refuse_wrapped(whole: dict[str, Any]) -> None:
    if path := _path_to_list(whole, ""):
        raise UnreadableFile(
            f"the readers are wrapped in an object, under {path!r}; save that list alone, "
            f"for example with `jq '.{path}' FILE`"
        )


def _path_to_list(value: dict[str, Any], path: str) -> str:
    """Where the longest list is, such as `data.results`."""
    lists: list[tuple[int, str]] = []
    for key, inner in value.items():
        here = f"{path}.{key}" if path else key
        if isinstance(inner, list):
            lists.append((len(inner), here))
        elif (
            isinstance(inner, dict)
            and here.count(".") < DEEPEST
            and (found := _path_to_list(inner, here))
        ):
            lists.append((0, found))
    return max(lists, default=(0, ""), key=lambda each: each[0])[1]


def _whole(file: TextIO) -> str:
    text = file.read(MAXIMUM_LIST + 1)
    if len(text) > MAXIMUM_LIST:
        raise UnreadableFile("the JSON list is too long; write JSON Lines or CSV")
    return text


def _row(number: int, item: Any) -> Row:
    if isinstance(item, str):
        cells, guessed = guess_letters([item])
        return Row(number, (), cells, None if item.strip() else "has no address", guessed)
    if not isinstance(item, dict):
        return Row(number, (), [""], "has no address")
    headings = [str(key) for key in item]
    position = address_column(headings)
    values = list(item.values())
    if position is None or not isinstance(values[position], str):
        return Row(number, (), [""], _without_address(item))
    cells = [_text(value) for value in values]
    for key, value in item.items():
        _add_nested(value, str(key), headings, cells)
    read, guessed = guess_letters(cells)
    return Row(number, tuple(headings), read, None, guessed)


def _without_address(item: dict[str, Any]) -> str:
    for key, inner in item.items():
        if isinstance(inner, dict) and address_column(list(inner)) is not None:
            return f"is wrapped: the address is inside {key!r}"
    return "has no address"


def _add_nested(value: Any, name: str, headings: list[str], cells: list[str]) -> None:
    """Append what inner objects tell, named like `lists.status`."""
    for inner in value if isinstance(value, list) else [value]:
        if isinstance(inner, dict) and name.count(".") < DEEPEST:
            for key, each in inner.items():
                headings.append(f"{name}.{key}")
                cells.append(_text(each))
                _add_nested(each, f"{name}.{key}", headings, cells)


def _text(value: Any) -> str:
    if value is None or isinstance(value, (dict, list)):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
