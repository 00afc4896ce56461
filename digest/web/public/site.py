"""The public site: everything a reader can reach.

GET and HEAD never write. There are no cookies and no scripts. A form is authorised only by
the signed or random token in its address, so there is nothing to forge across sites.
"""

from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from digest.app import App
from digest.delivery.sending.worker import Worker
from digest.web.http import errors, monitoring
from digest.web.http.dependencies import PageRenderer, attach
from digest.web.http.middleware import BodyLimit, DefaultHeaders, HeadAsGet
from digest.web.http.pages import HEADERS, Pages
from digest.web.public import archive, comparisons, confirm, home, inert, preferences, unsubscribe
from digest.web.public.rate_limit import SIGNUPS, SignupLimit

# `inert` first: to the routes after it, its addresses would look like tokens.
NOUNS = (inert, home, confirm, unsubscribe, preferences, comparisons, archive)
A_YEAR = 365 * 24 * 3600

browsers = APIRouter()  # what crawlers and browsers ask for by themselves


def build_public(app: App, worker: Worker | None = None, *, signup_rate: str = SIGNUPS) -> FastAPI:
    """The ASGI application of the public pages. `signup_rate` is per network address.

    `worker` is that of this process, for the readiness probe.
    """
    pages = Pages(app)
    site = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    attach(site, app, pages, worker)
    site.state.signup_limit = SignupLimit(signup_rate)
    for noun in NOUNS:
        site.include_router(noun.router)
    site.include_router(monitoring.public_router)
    site.include_router(browsers)
    site.mount("/static", StaticFiles(packages=[("templates", "web/static")]))
    errors.install(site, pages)
    site.add_middleware(BodyLimit, refusal=lambda: errors.failure_page(pages, 413))
    site.add_middleware(HeadAsGet)
    site.add_middleware(DefaultHeaders, headers=_headers(app))
    return site


def _headers(app: App) -> dict[str, str]:
    if app.settings.public_url.startswith("https://"):
        return {**HEADERS, "Strict-Transport-Security": f"max-age={A_YEAR}"}
    return HEADERS


@browsers.get("/robots.txt")
async def robots(pages: PageRenderer) -> Response:
    """Keep crawlers away from the pages of single readers."""
    private = ("confirm", "unsubscribe", "preferences", "signup")
    lines = ["User-agent: *", *(f"Disallow: {pages.base}/{name}/" for name in private)]
    return PlainTextResponse("\n".join(lines) + "\n")


@browsers.get("/favicon.ico")
async def favicon(pages: PageRenderer) -> Response:
    """Browsers ask for it on pages that name no icon, such as an archived mail."""
    return RedirectResponse(f"{pages.base}/static/mark.svg", 308)
