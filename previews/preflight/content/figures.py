"""Numbers that must agree: percentages, counts, verdicts, scores and flips."""

import re
from collections.abc import Iterator

from previews.markup.html_page import folded
from previews.preflight.facts import NO_TAKE, SHIP, SKIP, SPLIT, Facts, FlipFact, ToolFact
from previews.preflight.finding import Finding, FindingPlace, error, in_html, in_issue
from previews.preflight.rendered_message import RenderedMessage

PERCENT = error(
    "CNT-050",
    "A panel's percentage and its counts disagree",
    "The percentage is ship of ship + skip; readers can check it.",
    "`digest comparisons edit SLUG --panel left=3/1`; the counts take precedence.",
)
VERDICT = error(
    "CNT-051",
    "A verdict does not follow from its panel",
    "SHIP is above 50 %, SPLIT at 50, SKIP below, NO TAKE without reviews.",
    "Correct the panel: `digest comparisons edit SLUG --panel left=3/1`.",
)
INCONSISTENT = error(
    "CNT-052",
    "A tool appears with different figures",
    "The glance and a card disagree.",
    "Compose the issue again: `digest issues edit N --reopen`.",
)
SCORE = error(
    "CNT-053",
    "A score is not between 0 and 100",
    "Scores run from 0 to 100.",
    "`digest comparisons export`, correct the score, import again.",
)
PRINTED = error(
    "CNT-054",
    "A printed percentage differs from the panel's",
    "The template prints another number beside the tool than the issue has.",
    "Print tool.percent unchanged.",
)
FLIP_WRONG = error(
    "CNT-060",
    "A flip is reported wrongly",
    "A flip is a change from one verdict to another since the edition's previous issue; a "
    "first verdict is news, not a flip.",
    "Compose the issue again: `digest issues edit N --reopen`.",
)
FLIP_MISSING = error(
    "CNT-061",
    "A flip is not reported",
    "A verdict that readers know from an earlier issue has changed, and this issue does not "
    "say so.",
    "Compose the issue again: `digest issues edit N --reopen`.",
)


def panels(facts: Facts) -> Iterator[Finding]:
    """Percentage, counts and verdict of each tool agree everywhere."""
    first: dict[str, ToolFact] = {}
    for tool in _tools(facts):
        place = in_issue("panel", tool.name)
        known = first.setdefault(tool.short_name or tool.name, tool)
        if _figures(known) != _figures(tool):
            yield INCONSISTENT.found(
                f"{tool.name}: {_describe(known)}, and {_describe(tool)}", place
            )
        elif known is not tool:
            continue
        elif not _percent_fits(tool):
            yield PERCENT.found(f"{tool.name}: {_describe(tool)}", place)
        elif tool.verdict != (right := _verdict_of(tool)):
            detail = f"{tool.name} is printed as {tool.verdict}, but {_describe(tool)} is {right}"
            yield VERDICT.found(detail, place)


def scores(facts: Facts) -> Iterator[Finding]:
    """Scores are between 0 and 100."""
    for card in facts.cards:
        for quote in card.quotes:
            if quote.score is not None and not 0 <= quote.score <= 100:
                yield SCORE.found(f"{quote.score} on {quote.tool}", in_issue("quote", quote.text))


def printed(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """`[SHIP] Name: 75% (3 ship / 1 skip)` in the text has the issue's numbers."""
    plain = folded(message.text or "")
    for tool in _consistent_tools(facts):
        for name in {folded(tool.name), folded(tool.short_name)} - {""}:
            found = re.findall(
                rf"\] {re.escape(name)}: (\d+)%(?: \((\d+) ship / (\d+) skip\))?", plain
            )
            for percent, ship, skip in set(found):
                wrong_counts = ship and (int(ship), int(skip)) != (tool.ship, tool.skip)
                if int(percent) != tool.percent or wrong_counts:
                    counts = f" ({ship} ship / {skip} skip)" if ship else ""
                    detail = f"{tool.name}: {percent}%{counts} is printed, it is {_describe(tool)}"
                    yield PRINTED.found(detail, FindingPlace("text", excerpt=tool.name))
    yield from _printed_in_html(message, facts)


def _printed_in_html(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Rows of the glance in the HTML: badge, name, percentage."""
    if message.page is None:
        return
    for row in message.page.named("tr"):
        cells = [cell for cell in row.children if cell.tag in ("td", "th")]
        words = [cell.text for cell in cells]
        for tool in _consistent_tools(facts):
            number = re.fullmatch(r"(\d+)\s*%", words[-1]) if folded(tool.name) in words else None
            if number and int(number[1]) != tool.percent:
                detail = f"{tool.name}: {number[1]}% is printed, it is {_describe(tool)}"
                yield PRINTED.found(detail, in_html(cells[-1]))


def flips(facts: Facts) -> Iterator[Finding]:
    """Every printed flip is real, and every real flip is printed."""
    shown = {name: tool for tool in facts.glance for name in (tool.name, tool.short_name) if name}
    for flip in facts.flips:
        if wrong := _wrong(flip, shown.get(flip.name), facts.true_flips):
            yield FLIP_WRONG.found(f"{flip.name}: {wrong}", in_issue("flip", flip.name))
    printed_names = {flip.name for flip in facts.flips}
    for flip in facts.true_flips or ():
        if flip.name not in printed_names:
            detail = f"{flip.name}: {flip.before} → {flip.after}"
            yield FLIP_MISSING.found(detail, in_issue("flip", flip.name))


def _wrong(flip: FlipFact, tool: ToolFact | None, known: tuple[FlipFact, ...] | None) -> str | None:
    if flip.before == flip.after or NO_TAKE in (flip.before, flip.after):
        return f"{flip.before} → {flip.after} is not a flip"
    if tool is not None and tool.verdict != flip.after:
        return f"printed as {flip.after} now, but its verdict is {tool.verdict}"
    if known is None or flip in known:
        return None
    right = next((other for other in known if other.name == flip.name), None)
    return f"it was {right.before} → {right.after}" if right else "its verdict has not changed"


def _consistent_tools(facts: Facts) -> list[ToolFact]:
    """The tools of the glance whose figures agree with those on the cards."""
    cards = [tool for card in facts.cards for tool in card.tools]
    return [
        tool
        for tool in facts.glance
        if all(
            _figures(other) == _figures(tool)
            for other in cards
            if tool.name in (other.name, other.short_name)
        )
    ]


def _tools(facts: Facts) -> Iterator[ToolFact]:
    yield from facts.glance
    for card in facts.cards:
        yield from card.tools


def _figures(tool: ToolFact) -> tuple[object, ...]:
    return tool.verdict, tool.percent, tool.ship, tool.skip


def _percent_fits(tool: ToolFact) -> bool:
    if tool.ship is None or tool.skip is None:
        return True
    takes = tool.ship + tool.skip
    if not takes or tool.percent is None:
        return not takes and tool.percent is None
    return abs(tool.percent - 100 * tool.ship / takes) < 1


def _verdict_of(tool: ToolFact) -> str:
    """By the counts if known, else by the percentage."""
    if tool.ship is not None and tool.skip is not None and tool.ship + tool.skip:
        share = 100 * tool.ship / (tool.ship + tool.skip)
    elif tool.percent is None:
        return NO_TAKE
    else:
        share = tool.percent
    return SPLIT if share == 50 else SHIP if share > 50 else SKIP


def _describe(tool: ToolFact) -> str:
    percent = "no percentage" if tool.percent is None else f"{tool.percent}%"
    if tool.ship is None or tool.skip is None:
        return percent
    return f"{percent} ({tool.ship} ship / {tool.skip} skip)"


ISSUE_CHECKS = (panels, scores, flips)
CHECKS = (printed,)
