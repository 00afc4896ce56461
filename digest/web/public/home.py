"""The front page and signing up."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from digest.app import App
from digest.services.actor import Actor, Channel
from digest.services.comparisons.listing import ListedComparison, ListedTool, list_comparisons
from digest.services.editions.open import list_open_editions
from digest.services.readers.signup import Refusal, note_refused, request_signup
from digest.web.http.dependencies import ClientIp, Installation, Limit, PageRenderer
from digest.web.http.errors import failure_page
from digest.web.http.pages import Pages
from digest.web.public.rate_limit import SignupLimit
from digest.web.public.same_site import is_from_elsewhere
from subscribers.address import EmailAddress
from subscribers.errors import InvalidAddress

router = APIRouter()

NEWEST = 4
GLANCE = 6
SENT = "/signup/sent"
LONGEST_FIELD = 320
RETRY_AFTER_SECONDS = 3600


@router.get("/")
async def front_page(app: Installation, pages: PageRenderer) -> Response:
    """What the digest is, the sign-up form, and the newest verdicts."""
    return await _front_page(app, pages)


@router.post("/signup")
async def sign_up(
    request: Request,
    app: Installation,
    pages: PageRenderer,
    limit: Limit,
    ip: ClientIp,
    address: Annotated[str, Form()] = "",
    edition: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
    topic: Annotated[str, Form()] = "",
) -> Response:
    """Accept a sign-up; the answer is the same for every valid address.

    `topic` is a field that people cannot see. A program that fills it in gets the same
    answer, so that it does not learn to leave the field empty.
    """
    if is_from_elsewhere(request, app.settings):
        if limit.is_news(Refusal.ELSEWHERE, ip):
            await note_refused(app, Refusal.ELSEWHERE)
        return pages.message(
            "Sign up on our own page",
            "The form came from another site, so nothing was sent.",
            status=403,
            links=(("Go to the form", "/"),),
        )
    if not limit.allows(ip):
        return await too_many(app, pages, limit, ip)
    if topic:
        return _sent(pages)
    editions = await list_open_editions(app)
    if not editions:
        return pages.message("Sign-up is not open yet", "Come back in a few days.", status=503)
    slugs = [item.slug for item in editions]
    chosen = edition if edition in slugs else slugs[0]
    try:
        parsed = EmailAddress.parse(address)
    except InvalidAddress as error:
        return await _front_page(
            app, pages, 422, address=address[:LONGEST_FIELD], error=str(error), edition=chosen
        )
    await request_signup(app, Actor(_form(source)), parsed, chosen, ip=ip)
    return _sent(pages)


@router.get(SENT)
async def sent(pages: PageRenderer) -> Response:
    """Where a sign-up redirects, so that reloading does not post the form again."""
    return check_inbox(pages)


async def too_many(app: App, pages: Pages, limit: SignupLimit, ip: str | None) -> Response:
    """The answer to a network that asks for too many confirmation mails."""
    if limit.is_news(Refusal.NETWORK, ip):
        await note_refused(app, Refusal.NETWORK)
    page = failure_page(pages, 429)
    page.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return page


def check_inbox(pages: Pages) -> Response:
    """The answer to every request for a confirmation mail."""
    return pages.message(
        "Check your inbox.",
        "If the address can be mailed, a message with a link to confirm comes to it, "
        "unless an earlier one is there already: its link confirms everything you asked for.",
        "Nothing there after some minutes? Look in the spam folder. When very many sign up at "
        "once, it can take hours.",
        links=(("See the newest comparisons", "/compare"),),
    )


def _sent(pages: Pages) -> Response:
    page = check_inbox(pages)
    page.status_code = 303
    page.headers["Location"] = pages.base + SENT
    return page


def _form(name: str) -> Channel:
    """The page with the form, for the consent log, from a hidden field that may be forged."""
    return Channel.COMPARISON_FORM if name == "comparison page" else Channel.HOME_FORM


async def _front_page(
    app: Installation,
    pages: Pages,
    status: int = 200,
    *,
    address: str = "",
    error: str | None = None,
    edition: str | None = None,
) -> Response:
    newest = await list_comparisons(app, newest=NEWEST)
    return pages.render(
        "home.html",
        status,
        comparisons=newest,
        glance=_tools(newest)[:GLANCE],
        editions=await list_open_editions(app),
        address=address,
        error=error,
        edition=edition,
    )


def _tools(comparisons: Sequence[ListedComparison]) -> list[ListedTool]:
    """Each tool once; its name is unique."""
    tools = {tool.name: tool for pair in comparisons for tool in (pair.left, pair.right)}
    return list(tools.values())
