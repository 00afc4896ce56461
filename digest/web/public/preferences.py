"""A reader's preferences, by the signed link in every issue."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import RedirectResponse, Response

from digest.services.readers.preferences import read_preferences, save_preferences, unsubscribe_all
from digest.web.http.dependencies import Installation, PageRenderer
from digest.web.http.pages import PRIVATE

router = APIRouter(prefix="/preferences/{token}")

SAVED = "1"


@router.get("")
async def show(
    token: str,
    app: Installation,
    pages: PageRenderer,
    saved: Annotated[str, Query()] = "",
) -> Response:
    """Which editions the address gets. Writes nothing."""
    standing = await read_preferences(app, token)
    return pages.render("preferences.html", private=True, standing=standing, saved=saved == SAVED)


@router.post("")
async def save(
    token: str,
    app: Installation,
    pages: PageRenderer,
    edition: Annotated[list[str] | None, Form()] = None,
    do: Annotated[str, Form()] = "save",
) -> Response:
    """Take the ticked editions, or leave all of them."""
    if do == "unsubscribe-all":
        await unsubscribe_all(app, token)
    else:
        await save_preferences(app, token, set(edition or ()))
    return RedirectResponse(f"{pages.base}/preferences/{token}?saved={SAVED}", 303, PRIVATE)
