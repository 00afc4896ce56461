"""The link in a confirmation mail: GET shows a button, POST confirms."""

from fastapi import APIRouter
from fastapi.responses import Response

from digest.services.readers.signup import confirm_signup, peek_confirmation, renew_confirmation
from digest.web.http.dependencies import ClientIp, Installation, PageRenderer
from digest.web.http.pages import Pages
from digest.web.public.home import check_inbox
from subscribers.errors import LinkExpired

router = APIRouter(prefix="/confirm/{token}")


@router.get("")
async def show(token: str, app: Installation, pages: PageRenderer) -> Response:
    """The page behind the link. Writes nothing, whoever opens it how often."""
    found = await peek_confirmation(app, token)
    if found.state == "used":
        return _already(pages)
    if found.state == "expired":
        return _expired(pages, token)
    return pages.message(
        "One click to go",
        f"Confirm that {found.address_masked} wants {found.edition_name}.",
        "Was it not you? Close this page; without the click nothing is sent.",
        action=("Yes, send it to me", f"/confirm/{token}"),
    )


@router.post("")
async def confirm(token: str, app: Installation, pages: PageRenderer, ip: ClientIp) -> Response:
    """Confirm the sign-up; doing it again says that it is done."""
    try:
        confirmed = await confirm_signup(app, token, ip=ip)
    except LinkExpired:
        return _expired(pages, token)
    if not confirmed.changed:
        return _already(pages)
    return pages.message(
        "You're on the list",
        "The next issue comes to your inbox. Each one has a link to unsubscribe in one click.",
        links=(("Read past issues", "/issues"), ("See the newest comparisons", "/compare")),
    )


@router.post("/renew")
async def renew(token: str, app: Installation, pages: PageRenderer) -> Response:
    """Send a fresh link for one that has expired."""
    await renew_confirmation(app, token)
    return check_inbox(pages)


def _already(pages: Pages) -> Response:
    return pages.message(
        "Already confirmed",
        "You get the next issue; there is nothing left to do.",
        links=(("Read past issues", "/issues"),),
    )


def _expired(pages: Pages, token: str) -> Response:
    return pages.message(
        "This link has expired; send a new one.",
        "Links to confirm work for a limited time only.",
        status=410,
        action=("Send a new link", f"/confirm/{token}/renew"),
    )
