"""Which comparisons go into an issue, and why the others do not. Pure functions.

The rule, as documented in `docs/issues.md`:

1. Leave out what is withdrawn, excluded by the editor, already sent in this
   edition, first seen after the cut-off, or too old.
2. Rank the rest: newest day first; within a day those with a split or flipped
   verdict first; then by slug. The editor's own order comes before everything.
3. Take as many as the edition allows.
4. Order them by rank, but put comparisons that share a tool next to each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.catalogue.verdict import Verdict
from digest.catalogue.views import ComparisonView


@dataclass(frozen=True)
class Rules:
    """The edition's limits and the editor's wishes; `order` and `exclusions` hold slugs."""

    cutoff_at: datetime
    max_items: int
    max_age_days: int
    order: Sequence[str] = ()
    exclusions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class History:
    """The edition's past: `carried` maps slugs to issues ('sent in #41'), `flipped` holds tools."""

    carried: Mapping[str, str] = field(default_factory=dict)
    flipped: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SelectionDecision:
    """Whether one candidate is included, and why; `position` counts from 1 in reading order."""

    slug: str
    included: bool
    position: int | None
    reason: str


def select_items(
    comparisons: Sequence[ComparisonView], rules: Rules, history: History
) -> list[SelectionDecision]:
    """A decision for every candidate: the included in reading order, then the others."""
    reasons = {c.slug: _exclusion(c, rules, history) for c in comparisons}
    eligible = [c for c in comparisons if reasons[c.slug] is None]
    ranked = sorted(eligible, key=lambda c: _rank(c, rules, history))
    chosen, below = ranked[: rules.max_items], ranked[rules.max_items :]
    included = [
        SelectionDecision(c.slug, True, place, f"included as {ordinal(place)}")
        for place, c in enumerate(_grouped(chosen, rules.order), start=1)
    ]
    capped = [
        SelectionDecision(c.slug, False, None, f"below the cap of {rules.max_items}, next time")
        for c in below
    ]
    out = [
        SelectionDecision(slug, False, None, reason) for slug, reason in reasons.items() if reason
    ]
    return included + capped + out


def _exclusion(comparison: ComparisonView, rules: Rules, history: History) -> str | None:
    if comparison.withdrawn_at:
        because = f": {comparison.withdrawn_reason}" if comparison.withdrawn_reason else ""
        return f"withdrawn{because}"
    if comparison.slug in history.carried:
        return history.carried[comparison.slug]
    if comparison.slug in rules.exclusions:
        return "excluded by the editor"
    if comparison.first_seen_at > rules.cutoff_at:
        return "after the cut-off"
    if comparison.first_seen_at < rules.cutoff_at - timedelta(days=rules.max_age_days):
        return f"older than {rules.max_age_days} days"
    return None


def _rank(comparison: ComparisonView, rules: Rules, history: History) -> tuple[int, int, int, str]:
    slug = comparison.slug
    by_editor = rules.order.index(slug) if slug in rules.order else len(rules.order)
    tools = (comparison.left, comparison.right)
    news = any(t.verdict is Verdict.SPLIT or t.slug in history.flipped for t in tools)
    return (by_editor, -comparison.first_seen_at.date().toordinal(), not news, slug)


def _grouped(ranked: Sequence[ComparisonView], order: Sequence[str]) -> list[ComparisonView]:
    """Comparisons that share a tool next to each other, unless the editor ordered them."""
    placed = [c for c in ranked if c.slug in order]
    left = [c for c in ranked if c.slug not in order]
    while left:
        first = left.pop(0)
        tools = {first.left.slug, first.right.slug}
        mates = [c for c in left if tools & {c.left.slug, c.right.slug}]
        placed += [first, *mates]
        left = [c for c in left if c not in mates]
    return placed


def ordinal(number: int) -> str:
    """1 → '1st', 12 → '12th', 23 → '23rd'."""
    if 10 <= number % 100 <= 20:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
