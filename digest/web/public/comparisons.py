"""The comparisons: a list, and a page for each."""

from fastapi import APIRouter
from fastapi.responses import Response

from digest.services.comparisons.listing import list_comparisons
from digest.services.comparisons.show import show_comparison
from digest.services.editions.open import list_open_editions
from digest.web.http.dependencies import Installation, PageRenderer
from digest.web.public.side_by_side import decision_rows, scorecard

router = APIRouter(prefix="/compare")


@router.get("")
async def all_comparisons(app: Installation, pages: PageRenderer) -> Response:
    """Every comparison, newest first."""
    comparisons = await list_comparisons(app)
    return pages.render("comparisons.html", section="compare", comparisons=comparisons)


@router.get("/{slug}")
async def one_comparison(slug: str, app: Installation, pages: PageRenderer) -> Response:
    """Two tools side by side; 410 for a withdrawn comparison. Raises `NotFound`."""
    comparison = await show_comparison(app, slug)
    return pages.render(
        "comparison.html",
        410 if comparison.withdrawn_at else 200,
        section="compare",
        comparison=comparison,
        decision=decision_rows(comparison),
        scorecard=scorecard(comparison),
        editions=await list_open_editions(app),
    )
