"""A reader's preferences, opened by the signed link in every issue."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import RedirectResponse, Response

from digest.services.actor import Actor, Channel
from digest.services.readers.preferences import (
    Saved,
    read_preferences,
    save_preferences,
    unsubscribe_from_all,
)
from digest.web.http.dependencies import Installation, PageRenderer
from digest.web.http.pages import PRIVATE

router = APIRouter(prefix="/preferences/{token}")

READER = Actor(Channel.PREFERENCES_PAGE)


@router.get("")
async def show(
    token: str,
    app: Installation,
    pages: PageRenderer,
    saved: Annotated[str, Query()] = "",
) -> Response:
    """Which editions the reader gets, and what stops them. Writes nothing."""
    reader = await read_preferences(app, token)
    return pages.render("preferences.html", private=True, reader=reader, saved=saved)


@router.post("")
async def save(
    token: str,
    app: Installation,
    pages: PageRenderer,
    edition: Annotated[list[str] | None, Form()] = None,
    shown: Annotated[list[str] | None, Form()] = None,
    ticked: Annotated[list[str] | None, Form()] = None,
    do: Annotated[str, Form()] = "save",
) -> Response:
    """Save the ticked editions, or unsubscribe from all.

    `shown` and `ticked` are how the form looked when it was opened; it may be an old tab.
    """
    saved = Saved.ALL
    if do == "unsubscribe-all":
        await unsubscribe_from_all(app, READER, token)
    else:
        before = (ticked or ()) if shown else None
        saved = await save_preferences(
            app, READER, token, edition or (), shown=shown or (), ticked=before
        )
    # Redirected, so that reloading the answer does not post the form a second time.
    return RedirectResponse(f"{pages.base}/preferences/{token}?saved={saved}", 303, PRIVATE)
