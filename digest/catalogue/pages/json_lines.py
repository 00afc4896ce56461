"""The line of each value in a JSON text, so that errors can name it."""

import json
import re

from digest.catalogue.pages.page import PageError

JsonPath = tuple[str | int, ...]
_SYMBOL = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},\n]|[^\s\[\]{},:"]+')


def line_numbers(text: str) -> dict[JsonPath, int]:
    """Path → line, from 1, for every value of a valid JSON text.

    `("left", "reviews", 2, "score")` is `text["left"]["reviews"][2]["score"]`.
    Raises `PageError` if an object has a key twice.
    """
    found: dict[JsonPath, int] = {}
    path: list[str | int | None] = []  # None: in an object, before its next key
    line = 1
    for symbol in _SYMBOL.findall(text):
        if symbol == "\n":
            line += 1
        elif symbol == ",":
            path[-1] = _next(path[-1])
        elif symbol in ("}", "]"):
            path.pop()
        elif path and path[-1] is None:
            path[-1] = str(json.loads(symbol))
            if _key(path) in found:
                raise PageError(f"the key {path[-1]!r} comes twice in one object", line)
        else:
            found[_key(path)] = line
            if symbol in ("{", "["):
                path.append(None if symbol == "{" else 0)
    return found


def nearest_line(lines: dict[JsonPath, int], path: JsonPath) -> int:
    """The line of the value at `path`; if there is none, of the innermost value around it."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _next(step: str | int | None) -> int | None:
    return step + 1 if isinstance(step, int) else None


def _key(path: list[str | int | None]) -> JsonPath:
    return tuple(step for step in path if step is not None)
