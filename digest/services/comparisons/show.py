"""Everything known of a comparison. Its JSON is also the format that an import reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from digest.app import App
from digest.catalogue import queries
from digest.catalogue.tables import VerdictRevision
from digest.catalogue.verdict import Verdict
from digest.catalogue.views import ComparisonView, ReviewView, RevisionView, ToolView
from digest.services.result import Result

Histories = Mapping[str, Sequence[VerdictRevision]]
NO_HISTORIES: Histories = MappingProxyType({})


class ToolDetails(Result):
    """A tool with its panel, its reviews and, oldest first, its verdicts."""

    slug: str
    name: str
    short_name: str
    category: str | None
    tagline: str | None
    entry: str | None
    community: str | None
    pricing: str | None
    best_for: str | None
    description: str | None
    url: str | None
    panel_ship_percent: int | None
    ship: int | None
    skip: int | None
    verdict: Verdict
    reviews: tuple[ReviewView, ...]
    history: tuple[RevisionView, ...]


class ComparisonDetails(Result):
    """A comparison with both tools, withdrawn or not."""

    slug: str
    title: str
    url: str | None
    left: ToolDetails
    right: ToolDetails
    first_seen_at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str | None


async def show_comparison(app: App, slug: str) -> ComparisonDetails:
    """One comparison, withdrawn or not. Raises `NotFound`."""
    async with app.store.read() as session:
        view = await queries.comparison(session, slug)
        histories = await queries.verdict_histories(session, (view.left.slug, view.right.slug))
    return comparison_details(view, histories)


async def export_comparisons(app: App) -> tuple[ComparisonDetails, ...]:
    """All comparisons, withdrawn ones too, newest first; without histories."""
    async with app.store.read() as session:
        views = await queries.comparisons(session, include_withdrawn=True)
    return tuple(comparison_details(view) for view in views)


def comparison_details(
    view: ComparisonView, histories: Histories = NO_HISTORIES
) -> ComparisonDetails:
    """The catalogue's view of a comparison as a result; `histories` are by tool slug."""
    return ComparisonDetails(
        slug=view.slug,
        title=view.title,
        url=view.url,
        left=_tool_details(view.left, histories.get(view.left.slug, ())),
        right=_tool_details(view.right, histories.get(view.right.slug, ())),
        first_seen_at=view.first_seen_at,
        withdrawn_at=view.withdrawn_at,
        withdrawn_reason=view.withdrawn_reason,
    )


def _tool_details(tool: ToolView, history: Sequence[VerdictRevision]) -> ToolDetails:
    revisions = (RevisionView.model_validate(row, from_attributes=True) for row in history)
    return ToolDetails(**dict(tool), history=tuple(revisions))
