"""The takes on a text page.

Layout A: quotes in curly quotation marks, without personas. Layout B: rows of persona, left
cell and right cell; a cell is 'No panel take', or a score line and a quote.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from digest.catalogue.pages.cursor import PageLine
from digest.catalogue.pages.page import LIMITS, PageError, SourceLocation, Take, why_invalid

NO_TAKE = "No panel take"
_SCORE = re.compile(r"(\d{1,4})/100(?: · (ship|skip))?", re.IGNORECASE)


def read_quotes(file: str, lines: Sequence[PageLine]) -> tuple[Take, ...]:
    """Layout A's quotes in reading order. Raises `PageError` for a line outside of quotes."""
    takes: list[Take] = []
    open_lines: list[PageLine] = []
    for line in lines:
        if not open_lines and not line.text.startswith("“"):
            raise PageError("expected a take in curly quotes", line.number)
        open_lines.append(line)
        if line.text.endswith("”"):
            takes.append(_take(file, open_lines))
            open_lines = []
    if open_lines:
        raise PageError("a take's closing quote is missing", open_lines[0].number)
    return tuple(takes)


def read_scorecard(
    file: str, lines: Sequence[PageLine]
) -> tuple[tuple[Take, ...], tuple[Take, ...]]:
    """Layout B's takes, left and right. Raises `PageError`."""
    starts = [i for i, line in enumerate(lines) if _begins_cell(line)]
    if len(starts) % 2:
        raise PageError("a row of the scorecard lacks a cell", lines[starts[-1]].number)
    if not starts:
        if lines:
            raise PageError("expected a persona and two cells", lines[0].number)
        return (), ()
    personas = [_persona(lines, start, first=start == starts[0]) for start in starts[::2]]
    sides: tuple[list[Take], list[Take]] = ([], [])
    for index, (start, following) in enumerate(pairwise([*starts, len(lines)])):
        last = following - (1 if index % 2 and following < len(lines) else 0)
        if take := _cell(file, lines[start:last], personas[index // 2]):
            sides[index % 2].append(take)
    return tuple(sides[0]), tuple(sides[1])


def _begins_cell(line: PageLine) -> bool:
    return line.text == NO_TAKE or _SCORE.fullmatch(line.text) is not None


def _persona(lines: Sequence[PageLine], cell: int, *, first: bool) -> str:
    """The line above a row's left cell; the first row has no other lines above it."""
    where = lines[cell].number
    if cell == 0 or _begins_cell(lines[cell - 1]) or (first and cell != 1):
        raise PageError("expected one persona above this row", where)
    persona = lines[cell - 1]
    if len(persona.text) > LIMITS["persona"]:
        raise PageError("expected a persona, found a longer text", persona.number)
    return persona.text


def _cell(file: str, lines: Sequence[PageLine], persona: str) -> Take | None:
    head, rest = lines[0], lines[1:]
    if head.text == NO_TAKE:
        if rest:
            raise PageError(f"text after {NO_TAKE!r}", rest[0].number)
        return None
    match = _SCORE.fullmatch(head.text)
    assert match
    score, verdict = int(match[1]), match[2]
    if score > 100:
        raise PageError(f"a score goes to 100, not {score}", head.number)
    quote = _quote(rest) if rest else None
    return Take(
        location=SourceLocation(file, head.number),
        quote=quote,
        persona=persona,
        score=score,
        verdict=verdict.lower() if verdict else None,
    )


def _take(file: str, lines: Sequence[PageLine]) -> Take:
    return Take(location=SourceLocation(file, lines[0].number), quote=_quote(lines))


def _quote(lines: Sequence[PageLine]) -> str:
    quote = "\n\n".join(line.text for line in lines)
    if quote.startswith("“") and quote.endswith("”"):
        quote = quote[1:-1].strip()
    if wrong := why_invalid("quote", quote):
        raise PageError(wrong, lines[0].number)
    return quote
