"""Merging the pages of one import, tool by tool.

Facts that differ between pages are a conflict, reported with both locations. The result does
not depend on the order of the pages: they are sorted first, pages with attributed takes before
the others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from digest.catalogue.importing.alternation import Quotes, attribute_takes
from digest.catalogue.importing.takes import (
    ReviewDraft,
    absorb_unnamed,
    combined,
    differences,
    same_take,
)
from digest.catalogue.names import fold
from digest.catalogue.pages.page import (
    ComparisonPage,
    Fact,
    PageProblem,
    PageTool,
    SourceLocation,
    Take,
    problem_at,
)
from digest.catalogue.panel import Panel


@dataclass
class MergedTool:
    """Everything that an import says about one tool."""

    name: str
    location: SourceLocation
    facts: dict[str, Fact] = field(default_factory=dict)
    panel: Panel = field(default_factory=Panel)
    counts_stated: bool = False
    takes: list[ReviewDraft] = field(default_factory=list)
    slug: str | None = None
    panel_location: SourceLocation | None = None


@dataclass
class MergedPair:
    """Everything that an import says about one comparison, apart from its tools."""

    left: str
    right: str
    location: SourceLocation
    url: Fact | None = None
    slug: str | None = None

    @property
    def title(self) -> str:
        """'A vs B'."""
        return f"{self.left} vs {self.right}"


@dataclass
class MergedImport:
    """One import: tools by name, comparisons by the unordered names of their tools, problems."""

    tools: dict[str, MergedTool] = field(default_factory=dict)
    pairs: dict[frozenset[str], MergedPair] = field(default_factory=dict)
    problems: list[PageProblem] = field(default_factory=list)


def merge(pages: Iterable[ComparisonPage], stored: Quotes) -> MergedImport:
    """Merge pages. `stored` maps tool names to the folded quotes already known for them."""
    attributed, warnings = attribute_takes(sorted(pages, key=_order), stored)
    merged = MergedImport(problems=warnings)
    for page in attributed:
        _add_pair(merged, page)
        for tool in page.tools:
            _add_tool(merged, tool)
    for known in merged.tools.values():
        known.takes, _ = absorb_unnamed(known.takes)
    return merged


def _order(page: ComparisonPage) -> tuple[bool, str, str, tuple[str, ...], SourceLocation]:
    quotes = tuple(take.quote or "" for take in page.unattributed)
    return bool(page.unattributed), page.left.name, page.right.name, quotes, page.location


def _add_pair(merged: MergedImport, page: ComparisonPage) -> None:
    key = frozenset((page.left.name, page.right.name))
    pair = merged.pairs.setdefault(
        key, MergedPair(page.left.name, page.right.name, page.location, page.url, page.slug)
    )
    pair.slug = pair.slug or page.slug
    if page.url and pair.url and page.url.value != pair.url.value:
        merged.problems.append(_conflict(page.title, "url", page.url, pair.url))
    pair.url = pair.url or page.url


def _add_tool(merged: MergedImport, tool: PageTool) -> None:
    known = merged.tools.setdefault(tool.name, MergedTool(tool.name, tool.location))
    known.slug = known.slug or tool.slug
    for name, fact in tool.facts.items():
        first = known.facts.setdefault(name, fact)
        if fold(first.value) != fold(fact.value):
            merged.problems.append(_conflict(tool.name, name, fact, first))
    _add_panel(merged, known, tool)
    for take in tool.takes:
        _add_take(merged, known, take)


def _conflict(subject: str, name: str, new: Fact, first: Fact) -> PageProblem:
    return problem_at(
        new.location,
        f"{subject}: the {name.replace('_', ' ')} is {_short(new.value)} here, "
        f"but {_short(first.value)} at {first.location}",
    )


def _add_panel(merged: MergedImport, known: MergedTool, tool: PageTool) -> None:
    new, old = tool.panel, known.panel
    if new == Panel():
        return
    if known.panel_location is None:
        known.panel, known.counts_stated, known.panel_location = (
            new,
            tool.counts_stated,
            tool.location,
        )
        return
    both_state_counts = tool.counts_stated and known.counts_stated
    if new.percent != old.percent or (both_state_counts and new != old):
        message = f"{tool.name}: the panel is {new} here, but {old} at {known.panel_location}"
        merged.problems.append(problem_at(tool.location, message))
    elif tool.counts_stated or not known.counts_stated:
        known.panel = old.revised(new, counts_stated=tool.counts_stated)
        known.counts_stated = known.counts_stated or tool.counts_stated


def _add_take(merged: MergedImport, known: MergedTool, take: Take) -> None:
    draft = same_take(known.takes, take)
    if draft is None:
        known.takes.append(ReviewDraft(take))
        return
    for part in differences(draft.take, take):
        message = (
            f"{known.name}: the {part} of the take by {take.persona or 'an unnamed reviewer'} is "
            f"{_short(getattr(take, part))} here, but {_short(getattr(draft.take, part))} "
            f"at {draft.take.location}"
        )
        merged.problems.append(problem_at(take.location, message))
    draft.take = combined(draft.take, take)


def _short(value: str | int) -> str:
    text = fold(str(value))
    return repr(text if len(text) <= 60 else text[:59] + "…")


def page_names(pages: Sequence[ComparisonPage]) -> list[str]:
    """The names of all tools on the pages, each once."""
    return list(dict.fromkeys(tool.name for page in pages for tool in page.tools))
