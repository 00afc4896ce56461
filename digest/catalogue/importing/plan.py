"""Planning an import: what would change, before anything is written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from digest.catalogue.changes import fact_changes, panel_changes, take_changes
from digest.catalogue.importing.merge import MergedImport, MergedPair, MergedTool
from digest.catalogue.importing.stored_catalogue import StoredCatalogue
from digest.catalogue.importing.takes import (
    QuoteSources,
    ReviewDraft,
    folded_quotes,
    merge_takes,
)
from digest.catalogue.names import fold, free_slug, slugify
from digest.catalogue.pages.page import PageProblem, problem_at
from digest.catalogue.panel import Panel
from digest.catalogue.tables import Comparison, Review, Tool
from digest.catalogue.views import FactChange


@dataclass
class ToolPlan:
    """The new state of one tool. `tool` is None for a new tool; `panel` None if unchanged."""

    name: str
    slug: str
    tool: Tool | None
    facts: dict[str, str]
    panel: Panel | None
    takes: list[ReviewDraft]
    dropped: list[Review]
    changes: list[FactChange] = field(default_factory=list)


@dataclass
class PairPlan:
    """The new state of one comparison; `comparison` is None for a new one."""

    pair: MergedPair
    slug: str
    comparison: Comparison | None
    changes: list[FactChange] = field(default_factory=list)


@dataclass
class ImportPlan:
    """One import, to be written if no problem is an error."""

    tools: list[ToolPlan] = field(default_factory=list)
    pairs: list[PairPlan] = field(default_factory=list)
    problems: list[PageProblem] = field(default_factory=list)

    def changes(self) -> Iterator[FactChange]:
        """The changes of stored facts; what is new is not among them."""
        for tool in self.tools:
            yield from tool.changes
        for pair in self.pairs:
            yield from pair.changes


def make_plan(merged: MergedImport, stored: StoredCatalogue, as_of: datetime) -> ImportPlan:
    """Compare an import with the store. A panel older than the stored one is an error."""
    plan = ImportPlan(problems=list(merged.problems))
    slugs = set(stored.tool_slugs)
    sources = _explicit_sources(merged)
    for merged_tool in merged.tools.values():
        tool = stored.tools.get(merged_tool.name)
        slug = (
            tool.slug if tool else free_slug(merged_tool.slug or slugify(merged_tool.name), slugs)
        )
        slugs.add(slug)
        tool_plan = _plan_tool(merged_tool, tool, slug, stored, sources)
        plan.tools.append(tool_plan)
        plan.problems += _tool_problems(merged_tool, tool_plan, stored, as_of)
    pair_slugs = set(stored.comparison_slugs)
    tool_slugs = {tool_plan.name: tool_plan.slug for tool_plan in plan.tools}
    for pair in merged.pairs.values():
        pair_plan = _plan_pair(pair, stored, tool_slugs, pair_slugs)
        pair_slugs.add(pair_plan.slug)
        plan.pairs.append(pair_plan)
        plan.problems += _pair_problems(pair_plan)
    return plan


def _explicit_sources(merged: MergedImport) -> QuoteSources:
    """Folded quote → the tools to which pages of this import attribute it without inference."""
    sources: dict[str, set[str]] = {}
    for tool in merged.tools.values():
        for quote in folded_quotes(d.take for d in tool.takes if not d.take.inferred):
            sources.setdefault(quote, set()).add(tool.name)
    return sources


def _plan_tool(
    merged: MergedTool,
    tool: Tool | None,
    slug: str,
    stored: StoredCatalogue,
    sources: QuoteSources,
) -> ToolPlan:
    facts = {
        name: fact.value
        for name, fact in merged.facts.items()
        if tool is None or fold(getattr(tool, name) or "") != fold(fact.value)
    }
    before = _panel_of(tool)
    after = before.revised(merged.panel, counts_stated=merged.counts_stated)
    old_takes = stored.takes.get(merged.name, [])
    new_takes = [draft.take for draft in merged.takes]
    kept, dropped = merge_takes(old_takes, new_takes, merged.name, sources)
    plan = ToolPlan(
        name=merged.name,
        slug=slug,
        tool=tool,
        facts=facts,
        panel=after if tool is None or after != before else None,
        takes=kept,
        dropped=[draft.row for draft in dropped if draft.row is not None],
    )
    if tool is not None:
        plan.changes = [
            *fact_changes(tool, facts),
            *panel_changes(tool.name, before, after),
            *take_changes(tool.name, old_takes, kept, dropped),
        ]
    return plan


def _panel_of(tool: Tool | None) -> Panel:
    if tool is None:
        return Panel()
    return Panel(tool.panel_ship_percent, tool.ship, tool.skip)


def _tool_problems(
    merged: MergedTool, plan: ToolPlan, stored: StoredCatalogue, as_of: datetime
) -> Iterator[PageProblem]:
    judged_at = stored.judged_at.get(plan.name)
    if plan.panel and judged_at and as_of < judged_at:
        message = (
            f"{plan.name}: {plan.panel} as of {as_of:%Y-%m-%d %H:%M}, but the store has a later "
            f"verdict, of {judged_at:%Y-%m-%d %H:%M} UTC; import older pages first"
        )
        yield problem_at(merged.panel_location or merged.location, message)
    if merged.slug and merged.slug != plan.slug:
        message = f"{plan.name} has the slug {plan.slug!r}, not {merged.slug!r}: slugs don't change"
        yield problem_at(merged.location, message, "warning")


def _plan_pair(
    pair: MergedPair, stored: StoredCatalogue, tool_slugs: dict[str, str], taken: set[str]
) -> PairPlan:
    row = stored.comparison_of(pair.left, pair.right)
    wanted = pair.slug or f"{tool_slugs[pair.left]}-vs-{tool_slugs[pair.right]}"
    plan = PairPlan(pair, row.slug if row else free_slug(wanted, taken), row)
    if row and pair.url and pair.url.value != row.url:
        change = FactChange(subject=row.slug, field="url", before=row.url, after=pair.url.value)
        plan.changes.append(change)
    return plan


def _pair_problems(plan: PairPlan) -> Iterator[PageProblem]:
    pair = plan.pair
    if pair.slug and pair.slug != plan.slug:
        message = f"{pair.title} has the slug {plan.slug!r}, not {pair.slug!r}: slugs don't change"
        yield problem_at(pair.location, message, "warning")
    if plan.comparison and plan.comparison.withdrawn_at:
        message = (
            f"{pair.title} stays withdrawn; `digest comparisons restore {plan.slug}` undoes that"
        )
        yield problem_at(pair.location, message, "warning")
