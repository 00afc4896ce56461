"""On which line of a JSON text each value stands, so that a fault can be told by line."""

import json
import re

from digest.catalogue.pages.cursor import PageError

JsonPath = tuple[str | int, ...]
_SYMBOL = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},\n]|[^\s\[\]{},:"]+')


def line_numbers(text: str) -> dict[JsonPath, int]:
    """Path → line, from 1, for every value of a valid JSON text.

    `("left", "reviews", 2, "score")` is `text["left"]["reviews"][2]["score"]`.
    Raises `PageError` where an object has a key twice.
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
    """The line of the value at `path`, or of the innermost value around it that there is."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _next(step: str | int | None) -> int | None:
    return step + 1 if isinstance(step, int) else None


def _key(path: list[str | int | None]) -> JsonPath:
    return tuple(step for step in path if step is not None)
