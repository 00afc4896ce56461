"""The unsubscribe link: a page with a button for people, one-click POST for mailbox providers.

One address serves both (RFC 8058 section 3.1): it needs no login and no cookie,
never redirects, never expires, and may be repeated.
"""

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException

from digest.errors import NotFound
from digest.services.readers.preferences import Standing, read_unsubscribe, unsubscribe
from digest.web.http.dependencies import Installation, PageRenderer
from digest.web.http.pages import PRIVATE, Pages

router = APIRouter(prefix="/unsubscribe/{token}")

ONE_CLICK = ("List-Unsubscribe", "One-Click")


@router.get("")
async def show(token: str, app: Installation, pages: PageRenderer) -> Response:
    """Ask once. Writes nothing: scanners open every link."""
    try:
        standing = await read_unsubscribe(app, token)
    except NotFound:
        return _gone(pages)
    if not _active(standing):
        return _done(pages, standing)
    return pages.message(
        "Unsubscribe?",
        f"{standing.address_masked} will get no more mail from {_name(standing)}.",
        action=("Unsubscribe", f"/unsubscribe/{token}"),
        links=_preferences(standing, "Change what you get instead"),
    )


@router.post("")
async def act(token: str, request: Request, app: Installation, pages: PageRenderer) -> Response:
    """Unsubscribe, whatever the body says: it only tells a person from a mailbox provider."""
    one_click = await _is_one_click(request)
    try:
        standing = await unsubscribe(app, token, source="one-click" if one_click else "web page")
        page = _done(pages, standing)
    except NotFound:
        page = _gone(pages)
    return PlainTextResponse("Unsubscribed.\n", headers=PRIVATE) if one_click else page


async def _is_one_click(request: Request) -> bool:
    name, value = ONE_CLICK
    try:
        return (await request.form()).get(name) == value
    except (HTTPException, ValueError):  # no form, or a broken one
        return False


def _done(pages: Pages, standing: Standing) -> Response:
    return pages.message(
        "You are unsubscribed",
        f"{standing.address_masked} gets no more mail from {_name(standing)}.",
        "Was that a mistake? You can turn it on again in your preferences.",
        links=_preferences(standing, "Open your preferences"),
    )


def _gone(pages: Pages) -> Response:
    """An erased reader's link: it goes on working, and there is nothing left for it to do."""
    return pages.message("You are unsubscribed", "We have no address for this link any more.")


def _active(standing: Standing) -> bool:
    return any(item.active for item in standing.editions if standing.edition in (None, item.slug))


def _name(standing: Standing) -> str:
    names = [item.name for item in standing.editions if item.slug == standing.edition]
    return names[0] if names else "us"


def _preferences(standing: Standing, label: str) -> tuple[tuple[str, str], ...]:
    return ((label, f"/preferences/{standing.preferences_token}"),)
