"""The link in a confirmation mail: GET shows a button, POST confirms."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from digest.services.actor import Actor, Channel
from digest.services.readers.confirming import (
    ConfirmationPage,
    ConfirmedSignup,
    confirm_signup,
    read_confirmation,
)
from digest.services.readers.signup import renew_confirmation
from digest.web.http.dependencies import ClientIp, Installation, Limit, PageRenderer
from digest.web.http.pages import Pages
from digest.web.public.home import check_inbox, too_many
from subscribers.errors import LinkExpired
from subscribers.states import LinkState

router = APIRouter(prefix="/confirm/{token}")


@router.get("")
async def show(token: str, app: Installation, pages: PageRenderer) -> Response:
    """The page behind the link. Writes nothing, since mail scanners open it too."""
    link = await read_confirmation(app, token)
    if link.state is LinkState.USED:
        return _already(pages, link)
    if link.state is LinkState.EXPIRED:
        return _expired(pages, token)
    return pages.message(
        "One click to go",
        f"Confirm that {link.address_masked} wants {link.edition_name}.",
        "Not you? Close this page; without the click nothing is sent.",
        action=("Yes, send it to me", f"/confirm/{token}"),
        fields=tuple(("edition", slug) for slug in link.editions),
    )


@router.post("")
async def confirm(
    token: str,
    app: Installation,
    pages: PageRenderer,
    ip: ClientIp,
    edition: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Confirm what the page has named; a repeated click gets the page that says so."""
    actor, shown = Actor(Channel.CONFIRMATION_LINK), tuple(edition or ())
    try:
        confirmed = await confirm_signup(app, actor, token, shown=shown, ip=ip)
    except LinkExpired:
        return _expired(pages, token)
    if not confirmed.changed:
        return _already(pages, confirmed)
    if not confirmed.coming:
        return _nothing_comes(pages, "You're on the list", confirmed)
    return pages.message(
        "You're on the list",
        "The next issue comes to your inbox. Each one has a link to unsubscribe in one click.",
        links=(("Read past issues", "/issues"), ("See the newest comparisons", "/compare")),
    )


@router.post("/renew")
async def renew(
    token: str, app: Installation, pages: PageRenderer, limit: Limit, ip: ClientIp
) -> Response:
    """Mail a new link in place of one that has expired; counted like a sign-up."""
    if not limit.allows(ip):
        return await too_many(app, pages, limit, ip)
    await renew_confirmation(app, Actor(Channel.EXPIRED_LINK), token, ip=ip)
    return check_inbox(pages)


def _already(pages: Pages, link: ConfirmationPage | ConfirmedSignup) -> Response:
    if not link.coming:
        return _nothing_comes(pages, "Already confirmed", link)
    return pages.message(
        "Already confirmed",
        "You get the next issue; there is nothing left to do.",
        links=(("Read past issues", "/issues"),),
    )


def _nothing_comes(
    pages: Pages, heading: str, link: ConfirmationPage | ConfirmedSignup
) -> Response:
    return pages.message(
        heading,
        "But at the moment nothing is sent to you. Your preferences say why.",
        links=(("Open your preferences", f"/preferences/{link.preferences_token}"),),
    )


def _expired(pages: Pages, token: str) -> Response:
    return pages.message(
        "This link has expired; send a new one.",
        "Links to confirm work for a limited time only.",
        status=410,
        action=("Send a new link", f"/confirm/{token}/renew"),
    )
