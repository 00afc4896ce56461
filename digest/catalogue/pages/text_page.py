"""Reading a comparison page that was saved as text, in layout A or B.

The layouts are described in `docs/comparisons.md`. Layout A begins with the line 'AI tool
comparison', layout B with the breadcrumb 'Compare/…' above that line. 'Weekly AI Tool Verdicts'
ends the content. Two more lines must follow it, because a page without them was cut.
"""

from dataclasses import dataclass, field

from digest.catalogue.names import fold
from digest.catalogue.pages.cards import PageCard, read_cards
from digest.catalogue.pages.cursor import Cursor, PageLine
from digest.catalogue.pages.decision_table import DecisionColumn, read_decision_table
from digest.catalogue.pages.page import (
    ComparisonPage,
    Fact,
    PageError,
    PageProblem,
    PageTool,
    SourceLocation,
    Take,
    problem_at,
)
from digest.catalogue.pages.scorecard import read_quotes, read_scorecard
from digest.catalogue.panel import Panel, reconcile_panel

PARTS_A = ("title", "left card", "right card", "scorecard", "closing lines")
PARTS_B = ("title", "left card", "right card", "decision table", "scorecard", "closing lines")
_HEAD, _CRUMB = "AI tool comparison", "Compare/"
_QUESTION = "Which one should you ship with?"


@dataclass(frozen=True)
class TextReading:
    """A page, or None and the error that ended the reading; and which parts could be read."""

    page: ComparisonPage | None
    problems: list[PageProblem]
    read: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def read_text_page(file: str, text: str) -> TextReading:
    """Read one page. Never raises for its content: an error is a problem."""
    cursor = Cursor(text)
    first = cursor.peek()
    in_b = first is not None and first.text.startswith(_CRUMB)
    warnings: list[PageProblem] = []
    try:
        page = (_read_b if in_b else _read_a)(cursor, file, warnings)
    except PageError as error:
        problem = PageProblem(file=file, line=error.line, message=error.message)
        unread = [part for part in (PARTS_B if in_b else PARTS_A) if part not in cursor.read]
        return TextReading(None, [*warnings, problem], cursor.read, unread)
    return TextReading(page, warnings, cursor.read)


def _read_a(cursor: Cursor, file: str, _warnings: list[PageProblem]) -> ComparisonPage:
    title = _title(cursor)
    left, right = read_cards(cursor, file, title, end="Reviewer scorecard")
    takes = read_quotes(file, _scorecard_lines(cursor))
    tools = [
        PageTool(
            card.name.text, SourceLocation(file, card.name.number), card.facts, Panel(card.percent)
        )
        for card in (left, right)
    ]
    return ComparisonPage(
        tools[0], tools[1], SourceLocation(file, title.number), unattributed=takes
    )


def _read_b(cursor: Cursor, file: str, warnings: list[PageProblem]) -> ComparisonPage:
    crumb = cursor.next_line("the breadcrumb")
    title = _title(cursor)
    if fold(crumb.text.removeprefix(_CRUMB)) != fold(title.text):
        raise PageError("the title is not that of the breadcrumb", title.number)
    cards = read_cards(cursor, file, title, end="Decision")
    names = (cards[0].name.text, cards[1].name.text)
    columns = read_decision_table(cursor, file, names)
    takes = read_scorecard(file, _scorecard_lines(cursor))
    left, right = (
        _tool(file, *parts, warnings) for parts in zip(cards, columns, takes, strict=True)
    )
    return ComparisonPage(left, right, SourceLocation(file, title.number))


def _title(cursor: Cursor) -> PageLine:
    head = cursor.next_line("a first line")
    if head.text != _HEAD:
        raise PageError(
            f"unknown layout: expected {_HEAD!r}, or {_CRUMB!r} with the title and then that line",
            head.number,
        )
    title = cursor.next_line("a title")
    following = cursor.peek()
    if following and following.text.startswith(_QUESTION):
        cursor.next_line("the question")
    cursor.mark_read("title")
    return title


def _scorecard_lines(cursor: Cursor) -> list[PageLine]:
    lines = cursor.lines_until("Weekly AI Tool Verdicts")
    cursor.mark_read("scorecard")
    cursor.next_line("its closing lines")
    cursor.next_line("its closing lines")
    cursor.mark_read("closing lines")
    return lines


def _tool(
    file: str,
    card: PageCard,
    column: DecisionColumn,
    takes: tuple[Take, ...],
    warnings: list[PageProblem],
) -> PageTool:
    location = SourceLocation(file, card.name.number)
    badges = [badge.text for badge in (card.badge, column.badge) if badge]
    verdicts = [take.verdict for take in takes]
    panel, messages = reconcile_panel(card.percent, column.counts, badges, verdicts)
    warnings += [problem_at(location, message, "warning") for message in messages]
    return PageTool(
        name=card.name.text,
        location=location,
        facts={**column.facts, **card.facts, **_of_table(card, column)},
        panel=panel,
        counts_stated=column.counts is not None,
        takes=takes,
    )


def _of_table(card: PageCard, column: DecisionColumn) -> dict[str, Fact]:
    """The facts for which the table is preferred. Card and table must agree on the category."""
    on_card, in_table = card.facts.get("category"), column.facts.get("category")
    if on_card and in_table and fold(on_card.value) != fold(in_table.value):
        raise PageError(
            f"the category is {in_table.value!r}, "
            f"but {on_card.value!r} in line {on_card.location.line}",
            in_table.location.line,
        )
    return {name: fact for name, fact in column.facts.items() if name == "community"}
