"""The two cards at the top of a text page.

In a card, values come before their labels (`100%`, then `Panel ship`). The right card has no
heading: only its name shows where the left card's description ends. The names come from the
title. A name may itself hold " vs ", so the title is split where each half is also a line of
its card.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest.catalogue.names import value_or_none
from digest.catalogue.pages.cursor import Cursor, PageLine, at_most_one
from digest.catalogue.pages.page import Fact, PageError, SourceLocation, why_invalid

PERCENT = re.compile(r"(\d{1,4})%")
# Layout B's; an unknown badge is recognised by its position instead.
BADGES = frozenset({"ship", "skip", "split", "no take"})


@dataclass(frozen=True)
class PageCard:
    """The values of one card. `badge` is layout B's verdict word, if there is one."""

    name: PageLine
    facts: dict[str, Fact]
    percent: int | None
    badge: PageLine | None


@dataclass(frozen=True)
class _Upper:
    """The part of a card above `Panel ship`. `body` ends in the name and the tagline."""

    body: list[PageLine]
    percent: int | None
    badge: PageLine | None


@dataclass(frozen=True)
class _Lower:
    """The two values of a card that have labels."""

    community: PageLine | None
    entry: PageLine | None


def read_cards(cursor: Cursor, file: str, title: PageLine, end: str) -> tuple[PageCard, PageCard]:
    """Both cards; the right card's description ends at the line `end`. Raises `PageError`."""
    left_upper = _upper(cursor.lines_until("Panel ship"))
    left_lower = _lower(cursor)
    cursor.mark_read("left card")
    right_upper = _upper(cursor.lines_until("Panel ship"))
    right_lower = _lower(cursor)
    right_description = cursor.lines_until(end)
    left_name, right_name = _split_title(title, left_upper, right_upper)
    left, stray = _card(file, left_upper, left_lower, left_name)
    if stray:
        raise PageError("expected the left card's category, found other text", stray[0].number)
    right, left_description = _card(file, right_upper, right_lower, right_name)
    cursor.mark_read("right card")
    return _described(file, left, left_description), _described(file, right, right_description)


def _upper(lines: list[PageLine]) -> _Upper:
    if not lines:
        raise PageError("a card has no lines above 'Panel ship'")
    body, percent, badge = list(lines), None, None
    if match := PERCENT.fullmatch(body[-1].text):
        percent = int(match.group(1))
        if percent > 100:
            raise PageError(f"{percent}% is not a percentage up to 100", body[-1].number)
    if match or value_or_none(body[-1].text) is None:
        body.pop()
    if body and body[-1].text.lower() in BADGES:
        badge = body.pop()
    return _Upper(body, percent, badge)


def _lower(cursor: Cursor) -> _Lower:
    community = at_most_one(cursor.lines_until("Community"), "the card's community")
    entry = at_most_one(cursor.lines_until("Entry"), "the card's entry price")
    return _Lower(community, entry)


def _split_title(title: PageLine, left: _Upper, right: _Upper) -> tuple[str, str]:
    lefts, rights = ({line.text for line in upper.body[-3:]} for upper in (left, right))
    splits = [
        (title.text[: found.start()], title.text[found.end() :])
        for found in re.finditer(r"(?= vs ) vs ", title.text)
    ]
    named = [(one, other) for one, other in splits if one in lefts and other in rights]
    if len(named) != 1:
        raise PageError(
            "the title is not the names of the two cards with ' vs ' between", title.number
        )
    for name in named[0]:
        if wrong := why_invalid("name", name):
            raise PageError(wrong, title.number)
    return named[0]


def _card(file: str, upper: _Upper, lower: _Lower, name: str) -> tuple[PageCard, list[PageLine]]:
    """The card, and the lines above it that belong to the card before."""
    at = _index_of(name, upper.body)
    tail = upper.body[at + 1 :]
    above, category = _category(upper.body[:at])
    card = PageCard(
        name=upper.body[at],
        facts=facts_of(
            file,
            category=category,
            tagline=tail[0] if tail else None,
            community=lower.community,
            entry=lower.entry,
        ),
        percent=upper.percent,
        badge=upper.badge or (tail[1] if len(tail) > 1 else None),
    )
    return card, above


def _index_of(name: str, body: Sequence[PageLine]) -> int:
    """The index of the name: before a tagline; or last; or before tagline and an unknown badge."""
    for position in (-2, -1, -3):
        if len(body) >= -position and body[position].text == name:
            return len(body) + position
    raise AssertionError("the title was split at names that the cards have")


def _category(lines: list[PageLine]) -> tuple[list[PageLine], PageLine | None]:
    """The category above the name, and what is left above it without layout B's logo letter."""
    if not lines:
        return [], None
    if len(lines[-1].text) == 1:
        return lines[:-1], None
    above = lines[:-1]
    if above and len(above[-1].text) == 1:
        above = above[:-1]
    return above, lines[-1]


def _described(file: str, card: PageCard, lines: Sequence[PageLine]) -> PageCard:
    if not lines:
        return card
    whole = PageLine(lines[0].number, "\n\n".join(line.text for line in lines))
    return replace(card, facts={**card.facts, **facts_of(file, description=whole)})


def facts_of(file: str, **lines: PageLine | None) -> dict[str, Fact]:
    """Lines by fact name as facts, without those that hold no value. Raises `PageError`."""
    facts = {}
    for name, line in lines.items():
        if line is None or value_or_none(line.text) is None:
            continue
        if wrong := why_invalid(name, line.text):
            raise PageError(wrong, line.number)
        facts[name] = Fact(line.text, SourceLocation(file, line.number))
    return facts
