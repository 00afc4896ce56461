"""Where the links of previews and test mails lead: they look real and do nothing."""

from fastapi import APIRouter
from fastapi.responses import Response

from digest.web.http.dependencies import PageRenderer

router = APIRouter()


@router.api_route("/unsubscribe/preview", methods=["GET", "POST"])
@router.api_route("/preferences/preview", methods=["GET", "POST"])
async def inert(pages: PageRenderer) -> Response:
    """Say so."""
    return pages.message(
        "This link is from a preview",
        "It does nothing here. In a reader's own mail it leads to her own page.",
        links=(("Go to the front page", "/"),),
    )
