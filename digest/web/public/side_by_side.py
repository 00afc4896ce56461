"""A comparison arranged for its page: the decision table and the reviewer scorecard."""

from dataclasses import dataclass

from digest.catalogue.verdict import Verdict
from digest.catalogue.views import ComparisonView, ReviewView, ToolView


@dataclass(frozen=True)
class DecisionRow:
    """One line of the decision table; `none` is said where a cell is unknown."""

    label: str
    left: str | None
    right: str | None
    none: str


@dataclass(frozen=True)
class ScorecardRow:
    """What one persona says of both tools; None is 'No panel take'."""

    persona: str
    left: ReviewView | None
    right: ReviewView | None


@dataclass(frozen=True)
class Scorecard:
    """By persona (`rows`) when every take is attributed, else the takes of each tool.

    Where a take has no name, an empty cell beside a persona would claim that she
    has no take, which nobody knows.
    """

    rows: tuple[ScorecardRow, ...]
    left: tuple[ReviewView, ...]
    right: tuple[ReviewView, ...]

    @property
    def unnamed(self) -> bool:
        """Whether some take has no persona."""
        return any(review.persona is None for review in self.left + self.right)

    @property
    def inferred(self) -> bool:
        """Whether some unnamed take was given to its tool by its order on the page."""
        return any(r.persona is None and r.inferred for r in self.left + self.right)


def decision_rows(view: ComparisonView) -> tuple[DecisionRow, ...]:
    """The decision table. A 'best for' that repeats the tagline is not said twice."""
    left, right = view.left, view.right
    rows = (
        DecisionRow("Panel verdict", _panel(left), _panel(right), "No panel take"),
        DecisionRow("Community", left.community, right.community, "No votes yet"),
        DecisionRow("Pricing", _pricing(left), _pricing(right), "Not known"),
        DecisionRow("Best for", _best_for(left), _best_for(right), "Not known"),
        DecisionRow("Category", left.category, right.category, "Not known"),
    )
    said = not (_repeats_tagline(left) and _repeats_tagline(right))
    return tuple(row for row in rows if row.label != "Best for" or said)


def scorecard(view: ComparisonView) -> Scorecard:
    """The takes on both tools, by persona if every one of them is attributed."""
    left, right = _said(view.left), _said(view.right)
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


def _said(tool: ToolView) -> tuple[ReviewView, ...]:
    return tuple(r for r in tool.reviews if r.quote or r.score is not None or r.verdict)


def _panel(tool: ToolView) -> str | None:
    if tool.verdict is Verdict.NO_TAKE:
        return None
    if tool.ship is None or tool.skip is None:
        return f"{tool.verdict.label} · {tool.panel_ship_percent}% ship"
    return f"{tool.verdict.label} · {tool.ship} ship / {tool.skip} skip"


def _pricing(tool: ToolView) -> str | None:
    return tool.pricing or tool.entry


def _best_for(tool: ToolView) -> str | None:
    return "As its tagline says" if _repeats_tagline(tool) else tool.best_for


def _repeats_tagline(tool: ToolView) -> bool:
    return tool.best_for is not None and tool.best_for == tool.tagline
