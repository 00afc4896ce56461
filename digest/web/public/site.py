"""The public site: everything a reader can reach.

GET and HEAD never write. There are no cookies and no scripts; a form's only
authority is the signed or random token in its address, so there is nothing for
another site to ride on.
"""

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from digest.app import App
from digest.delivery.sending.worker import Worker
from digest.web.http import errors, health
from digest.web.http.dependencies import attach
from digest.web.http.middleware import BodyLimit, DefaultHeaders, HeadAsGet
from digest.web.http.pages import HEADERS, Pages
from digest.web.public import archive, comparisons, confirm, home, inert, preferences, unsubscribe
from digest.web.public.rate_limit import SIGNUPS, SignupLimit

# `inert` first: its addresses would be tokens to those after it.
NOUNS = (inert, home, confirm, unsubscribe, preferences, comparisons, archive, health)
A_YEAR = 365 * 24 * 3600


def build_public(app: App, worker: Worker | None = None, *, signup_rate: str = SIGNUPS) -> FastAPI:
    """The ASGI application of the public pages. `signup_rate` is per network address.

    `worker` is the one of this process, for its readiness.
    """
    pages = Pages(app)
    site = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    attach(site, app, pages, worker)
    site.state.signup_limit = SignupLimit(signup_rate)
    for noun in NOUNS:
        site.include_router(noun.router)
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
