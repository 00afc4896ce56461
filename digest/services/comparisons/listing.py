"""Lists of comparisons, newest first."""

from datetime import datetime

from pydantic import Field

from digest.app import App
from digest.catalogue.queries import comparisons_without_reviews
from digest.catalogue.verdict import Verdict
from digest.catalogue.views import ComparisonView, ToolView
from digest.services.result import Result


class ListedTool(Result):
    """A tool in a list. `short_name` is for people and not part of the JSON."""

    name: str
    category: str | None
    entry: str | None
    panel_ship_percent: int | None
    ship: int | None
    skip: int | None
    verdict: Verdict
    community: str | None
    short_name: str = Field(exclude=True)


class ListedComparison(Result):
    """A comparison in a list. `withdrawn_reason` is for people and not part of the JSON."""

    slug: str
    left: ListedTool
    right: ListedTool
    url: str | None
    first_seen_at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str | None = Field(exclude=True)


async def list_comparisons(
    app: App, *, include_withdrawn: bool = False, newest: int | None = None
) -> tuple[ListedComparison, ...]:
    """The `newest` comparisons, or all of them; those first seen at one instant by slug."""
    async with app.store.read() as session:
        views = await comparisons_without_reviews(
            session, include_withdrawn=include_withdrawn, newest=newest
        )
    return tuple(_listed_comparison(view) for view in views)


def _listed_comparison(view: ComparisonView) -> ListedComparison:
    return ListedComparison(
        slug=view.slug,
        left=_listed_tool(view.left),
        right=_listed_tool(view.right),
        url=view.url,
        first_seen_at=view.first_seen_at,
        withdrawn_at=view.withdrawn_at,
        withdrawn_reason=view.withdrawn_reason,
    )


def _listed_tool(tool: ToolView) -> ListedTool:
    return ListedTool.model_validate(tool, from_attributes=True)
