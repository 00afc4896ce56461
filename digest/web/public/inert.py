"""The links of previews and test mails: they look like a reader's own and do nothing."""

from fastapi import APIRouter
from fastapi.responses import Response

from digest.web.http.dependencies import PageRenderer

router = APIRouter()


@router.api_route("/unsubscribe/preview", methods=["GET", "POST"])
@router.api_route("/preferences/preview", methods=["GET", "POST"])
async def inert(pages: PageRenderer) -> Response:
    """Explain that the link is not a reader's."""
    return pages.message(
        "This link is from a preview",
        "It does nothing here. In a reader's own mail it leads to their own page.",
        links=(("Go to the front page", "/"),),
    )
