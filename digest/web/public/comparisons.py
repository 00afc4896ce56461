"""The comparisons: a list, and a page for each."""

from fastapi import APIRouter
from fastapi.responses import Response

from digest.catalogue.queries import comparison, comparisons
from digest.services.editions.open import list_open_editions
from digest.web.http.dependencies import Installation, PageRenderer
from digest.web.public.side_by_side import decision_rows, scorecard

router = APIRouter(prefix="/compare")


@router.get("")
async def all_comparisons(app: Installation, pages: PageRenderer) -> Response:
    """Every comparison, newest first."""
    async with app.store.read() as session:
        views = await comparisons(session)
    return pages.render("comparisons.html", section="compare", comparisons=views)


@router.get("/{slug}")
async def one_comparison(slug: str, app: Installation, pages: PageRenderer) -> Response:
    """Two tools side by side. Raises `NotFound`."""
    async with app.store.read() as session:
        view = await comparison(session, slug)
    return pages.render(
        "comparison.html",
        410 if view.withdrawn_at else 200,
        section="compare",
        view=view,
        decision=decision_rows(view),
        scorecard=scorecard(view),
        editions=await list_open_editions(app),
    )
