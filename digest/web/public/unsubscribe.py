"""The unsubscribe link: a page with a button for people, one-click POST for mailbox providers.

One address serves both (RFC 8058 section 3.1): it needs no login and no cookie,
never redirects, never expires, and may be repeated.
"""

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException

from digest.errors import NotFound
from digest.services.actor import Actor, Channel
from digest.services.readers.preferences import ReaderPreferences, read_unsubscribe, unsubscribe
from digest.web.http.dependencies import Installation, PageRenderer
from digest.web.http.pages import PRIVATE, Pages

router = APIRouter(prefix="/unsubscribe/{token}")

ONE_CLICK_FIELD, ONE_CLICK_VALUE = "List-Unsubscribe", "One-Click"
ALL_OF_US = "us"  # in place of an edition's name, for a link that is for all


@router.get("")
async def show(token: str, app: Installation, pages: PageRenderer) -> Response:
    """Ask once. Writes nothing: scanners open every link."""
    try:
        reader = await read_unsubscribe(app, token)
    except NotFound:
        return _gone(pages)
    if not reader.subscribed:
        return _done(pages, reader)
    return pages.message(
        "Unsubscribe?",
        f"{reader.address_masked} will get no more mail from {reader.edition_name or ALL_OF_US}.",
        action=("Unsubscribe", f"/unsubscribe/{token}"),
        links=_preferences(reader, "Change what you get instead"),
    )


@router.post("")
async def act(token: str, request: Request, app: Installation, pages: PageRenderer) -> Response:
    """Unsubscribe, whatever the body is.

    The body only decides the answer: mailbox providers get plain text, people get a page.
    """
    one_click = await _is_one_click(request)
    actor = Actor(Channel.ONE_CLICK if one_click else Channel.UNSUBSCRIBE_PAGE)
    try:
        page = _done(pages, await unsubscribe(app, actor, token))
    except NotFound:
        page = _gone(pages)
    return PlainTextResponse("Unsubscribed.\n", headers=PRIVATE) if one_click else page


async def _is_one_click(request: Request) -> bool:
    try:
        return (await request.form()).get(ONE_CLICK_FIELD) == ONE_CLICK_VALUE
    except (HTTPException, ValueError):  # not a form, or a broken one
        return False


def _done(pages: Pages, reader: ReaderPreferences) -> Response:
    way_back = "Was that a mistake? You can turn it on again in your preferences."
    return pages.message(
        "You are unsubscribed",
        f"{reader.address_masked} gets no more mail from {reader.edition_name or ALL_OF_US}.",
        *([way_back] if reader.can_return else []),
        links=_preferences(reader, "Open your preferences"),
    )


def _gone(pages: Pages) -> Response:
    """For the link of an erased reader: it keeps working, with nothing left to end."""
    return pages.message("You are unsubscribed", "We have no address for this link any more.")


def _preferences(reader: ReaderPreferences, label: str) -> tuple[tuple[str, str], ...]:
    return ((label, f"/preferences/{reader.preferences_token}"),)
