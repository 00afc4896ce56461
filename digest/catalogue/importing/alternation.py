"""Attributing the takes of a page that names no personas.

Such takes alternate left, right. Empty cells of the scorecard are missing from the page, which
may shift the takes that follow. So alternation is trusted only if the number of takes is even,
both tools show a panel, and no quote known for one tool falls on the other side. Otherwise
the page's takes are dropped.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from digest.catalogue.importing.takes import folded_quotes
from digest.catalogue.names import fold
from digest.catalogue.pages.page import ComparisonPage, PageProblem, PageTool, Take, problem_at

Quotes = Mapping[str, AbstractSet[str]]
Claims = Mapping[tuple[str, str], set[int]]


def attribute_takes(
    pages: Sequence[ComparisonPage], stored: Quotes
) -> tuple[list[ComparisonPage], list[PageProblem]]:
    """Attribute the takes of each page to its tools, or drop them with a warning.

    `stored` maps a tool's name to the folded quotes already known for it. Quotes on all the
    other pages of the import count too, whatever the order of the pages.
    """
    known = _known(pages, stored)
    claims = _claims(pages)
    attributed, warnings = [], []
    for index, page in enumerate(pages):
        if not page.unattributed:
            attributed.append(page)
        elif doubt := _doubt(page, known, claims, index):
            attributed.append(replace(page, unattributed=()))
            message = f"{len(page.unattributed)} takes are left out: {doubt}"
            warnings.append(problem_at(page.unattributed[0].location, message, "warning"))
        else:
            attributed.append(_alternated(page))
    return attributed, warnings


def _known(pages: Iterable[ComparisonPage], stored: Quotes) -> Quotes:
    known: dict[str, set[str]] = defaultdict(set)
    for name, quotes in stored.items():
        known[name] |= quotes
    for page in pages:
        for tool in page.tools:
            known[tool.name] |= folded_quotes(tool.takes)
    return known


def _claims(pages: Iterable[ComparisonPage]) -> Claims:
    """(tool, quote) → the pages on which alternation would attribute the quote to the tool."""
    claims: dict[tuple[str, str], set[int]] = defaultdict(set)
    for index, page in enumerate(pages):
        if len(page.unattributed) % 2 == 0:
            for tool, takes in _sides(page):
                for quote in folded_quotes(takes):
                    claims[tool.name, quote].add(index)
    return claims


def _doubt(page: ComparisonPage, known: Quotes, claims: Claims, index: int) -> str | None:
    if len(page.unattributed) % 2:
        return "their number is odd, so they do not alternate"
    sides = _sides(page)
    for (tool, takes), (other, _) in (sides, sides[::-1]):
        if tool.panel.percent is None:
            return f"{tool.name} shows no panel, so they do not alternate"
        for take in takes:
            quote = fold(take.quote or "")
            claimed = claims.get((other.name, quote), set()) - {index}
            elsewhere = claimed or quote in known.get(other.name, ())
            if elsewhere and quote not in known.get(tool.name, ()):
                return (
                    f"the one in line {take.location.line} is known for {other.name}, "
                    f"but alternation would attribute it to {tool.name}"
                )
    return None


def _alternated(page: ComparisonPage) -> ComparisonPage:
    left, right = (
        replace(
            tool,
            takes=tuple(replace(take, inferred=True) for take in takes),
            panel=tool.panel.with_takes(len(takes)),
        )
        for tool, takes in _sides(page)
    )
    return replace(page, left=left, right=right, unattributed=())


def _sides(
    page: ComparisonPage,
) -> tuple[tuple[PageTool, Sequence[Take]], tuple[PageTool, Sequence[Take]]]:
    return (page.left, page.unattributed[::2]), (page.right, page.unattributed[1::2])
