"""What an import would change, worked out before anything is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest.catalogue.changes import fact_changes, panel_changes, take_changes
from digest.catalogue.importing.merge import MergedImport, MergedPair, MergedTool
from digest.catalogue.importing.stored_catalogue import StoredCatalogue
from digest.catalogue.importing.takes import (
    ReviewDraft,
    absorb_unnamed,
    combined,
    folded_quotes,
    renamed_take,
    same_take,
)
from digest.catalogue.names import fold, free_slug, slugify
from digest.catalogue.pages.page import PageProblem, problem_at
from digest.catalogue.panel import Panel
from digest.catalogue.tables import Comparison, Review, Tool
from digest.catalogue.views import FactChange

Sources = dict[str, set[str]]


@dataclass
class ToolPlan:
    """What becomes of one tool; `tool` is None for a new one, `panel` where it stays as it is."""

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
    """What becomes of one comparison; `comparison` is None for a new one."""

    pair: MergedPair
    slug: str
    comparison: Comparison | None
    changes: list[FactChange] = field(default_factory=list)


@dataclass
class ImportPlan:
    """One import, ready to be written if no problem is an error."""

    tools: list[ToolPlan] = field(default_factory=list)
    pairs: list[PairPlan] = field(default_factory=list)
    problems: list[PageProblem] = field(default_factory=list)

    def changes(self) -> Iterator[FactChange]:
        """What changes of what is stored already."""
        for tool in self.tools:
            yield from tool.changes
        for pair in self.pairs:
            yield from pair.changes


def make_plan(merged: MergedImport, stored: StoredCatalogue, as_of: datetime) -> ImportPlan:
    """Compare an import with the store. A panel older than the stored one is a problem."""
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


def _explicit_sources(merged: MergedImport) -> Sources:
    """Folded quote → the tools that pages of this import say it is of, without inference."""
    sources: Sources = {}
    for tool in merged.tools.values():
        for quote in folded_quotes(d.take for d in tool.takes if not d.take.inferred):
            sources.setdefault(quote, set()).add(tool.name)
    return sources


def _plan_tool(
    merged: MergedTool,
    tool: Tool | None,
    slug: str,
    stored: StoredCatalogue,
    sources: Sources,
) -> ToolPlan:
    facts = {
        name: fact.value
        for name, fact in merged.facts.items()
        if tool is None or fold(getattr(tool, name) or "") != fold(fact.value)
    }
    before = _panel_of(tool)
    after = before.revised(merged.panel, stated=merged.stated)
    old_takes = stored.takes.get(merged.name, [])
    kept, dropped = _merge_takes(old_takes, merged, sources)
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


def _merge_takes(
    old: Sequence[ReviewDraft], merged: MergedTool, sources: Sources
) -> tuple[list[ReviewDraft], list[ReviewDraft]]:
    drafts = [ReviewDraft(draft.take, draft.row) for draft in old]
    speakers = {new.take.persona for new in merged.takes}
    told: list[ReviewDraft] = []
    for new in merged.takes:
        known = same_take(drafts, new.take) or renamed_take(drafts, new.take, speakers)
        if known:
            known.take = combined(known.take, new.take)
        else:
            known = ReviewDraft(new.take)
            drafts.append(known)
        told.append(known)
    kept, absorbed = absorb_unnamed(drafts)
    disproved = [draft for draft in kept if _is_disproved(draft, merged.name, sources)]
    kept = [draft for draft in kept if draft not in disproved]
    if all(draft in told for draft in kept):
        kept.sort(key=told.index)  # the page names them all, so its order holds
    return kept, absorbed + disproved


def _is_disproved(draft: ReviewDraft, name: str, sources: Sources) -> bool:
    """Whether a take that was only inferred is now said to be another tool's."""
    if not draft.take.inferred or draft.take.quote is None:
        return False
    owners = sources.get(fold(draft.take.quote), set())
    return bool(owners) and name not in owners


def _tool_problems(
    merged: MergedTool, plan: ToolPlan, stored: StoredCatalogue, as_of: datetime
) -> Iterator[PageProblem]:
    judged_at = stored.judged_at.get(plan.name)
    if plan.panel and judged_at and as_of < judged_at:
        message = (
            f"{plan.name}: {plan.panel} as of {as_of:%Y-%m-%d %H:%M}, but the store has a later "
            f"verdict, of {judged_at:%Y-%m-%d %H:%M} UTC; import older pages first"
        )
        yield problem_at(merged.panel_place or merged.place, message)
    if merged.slug and merged.slug != plan.slug:
        message = f"{plan.name} has the slug {plan.slug!r}, not {merged.slug!r}: slugs don't change"
        yield problem_at(merged.place, message, "warning")


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
        yield problem_at(pair.place, message, "warning")
    if plan.comparison and plan.comparison.withdrawn_at:
        message = (
            f"{pair.title} is withdrawn and stays so; `digest comparisons restore "
            f"{plan.slug}` brings it back"
        )
        yield problem_at(pair.place, message, "warning")
