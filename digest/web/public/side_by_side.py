"""The decision table and the reviewer scorecard of a comparison's page."""

from dataclasses import dataclass

from digest.catalogue.verdict import Verdict
from digest.catalogue.views import ReviewView
from digest.services.comparisons.show import ComparisonDetails, ToolDetails


@dataclass(frozen=True)
class DecisionRow:
    """One line of the decision table; `none` is shown in place of an unknown cell."""

    label: str
    left: str | None
    right: str | None
    none: str


@dataclass(frozen=True)
class ScorecardRow:
    """One persona's take on each tool; None is shown as 'No panel take'."""

    persona: str
    left: ReviewView | None
    right: ReviewView | None


@dataclass(frozen=True)
class Scorecard:
    """Rows by persona if every take has one; otherwise only the takes of each tool.

    If a take is unnamed, an empty cell beside a persona would claim that they have no take,
    although the unnamed take may be theirs.
    """

    rows: tuple[ScorecardRow, ...]
    left: tuple[ReviewView, ...]
    right: tuple[ReviewView, ...]

    @property
    def unnamed(self) -> bool:
        """Whether a take has no persona."""
        return any(review.persona is None for review in self.left + self.right)

    @property
    def inferred(self) -> bool:
        """Whether an unnamed take was attributed to its tool by its position on the page."""
        return any(r.persona is None and r.inferred for r in self.left + self.right)


def decision_rows(comparison: ComparisonDetails) -> tuple[DecisionRow, ...]:
    """The decision table. A 'best for' that repeats the tagline is not shown again."""
    left, right = comparison.left, comparison.right
    rows = (
        DecisionRow("Panel verdict", _panel(left), _panel(right), "No panel take"),
        DecisionRow("Community", left.community, right.community, "No votes yet"),
        DecisionRow("Pricing", _pricing(left), _pricing(right), "Not known"),
        DecisionRow("Best for", _best_for(left), _best_for(right), "Not known"),
        DecisionRow("Category", left.category, right.category, "Not known"),
    )
    redundant = _repeats_tagline(left) and _repeats_tagline(right)
    return tuple(row for row in rows if not (redundant and row.label == "Best for"))


def scorecard(comparison: ComparisonDetails) -> Scorecard:
    """The takes on both tools, by persona if every take has one."""
    left, right = _takes(comparison.left), _takes(comparison.right)
    if not left + right or any(review.persona is None for review in left + right):
        return Scorecard((), left, right)
    on_left = {review.persona: review for review in left}
    on_right = {review.persona: review for review in right}
    rows = tuple(
        ScorecardRow(persona, on_left.get(persona), on_right.get(persona))
        for persona in dict.fromkeys([*on_left, *on_right])
        if persona is not None
    )
    return Scorecard(rows, left, right)


def _takes(tool: ToolDetails) -> tuple[ReviewView, ...]:
    return tuple(r for r in tool.reviews if r.quote or r.score is not None or r.verdict)


def _panel(tool: ToolDetails) -> str | None:
    if tool.verdict is Verdict.NO_TAKE:
        return None
    if tool.ship is None or tool.skip is None:
        return f"{tool.verdict.label} · {tool.panel_ship_percent}% ship"
    return f"{tool.verdict.label} · {tool.ship} ship / {tool.skip} skip"


def _pricing(tool: ToolDetails) -> str | None:
    return tool.pricing or tool.entry


def _best_for(tool: ToolDetails) -> str | None:
    return "As its tagline says" if _repeats_tagline(tool) else tool.best_for


def _repeats_tagline(tool: ToolDetails) -> bool:
    return tool.best_for is not None and tool.best_for == tool.tagline
