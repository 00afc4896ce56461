"""The desk: what an editor looks at on the machine itself. It only reads."""

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from digest.app import App
from digest.web import desk_inbox, desk_issues, desk_overview, failures
from digest.web.context import attach
from digest.web.edge import DefaultHeaders, HeadAsGet
from digest.web.loopback import LoopbackOnly
from digest.web.pages import HEADERS, Pages

# Frames hold the mails; what may happen inside them is theirs to say (see `frames`).
DESK_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": HEADERS["Content-Security-Policy"] + "; frame-src 'self'",
    "Cache-Control": "no-store",
}


def build_desk(app: App) -> FastAPI:
    """The ASGI application of the desk. Bind it to a loopback address only: it has no login."""
    pages = Pages(app, layout="desk/base.html", base="", headers=DESK_HEADERS)
    site = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    attach(site, app, pages)
    for noun in (desk_overview, desk_issues, desk_inbox):
        site.include_router(noun.router)
    site.mount("/static", StaticFiles(packages=[("templates", "web/static")]))
    failures.install(site, pages, tell=True)
    site.add_middleware(HeadAsGet)
    site.add_middleware(LoopbackOnly, refusal=lambda: failures.failure_page(pages, 403))
    site.add_middleware(DefaultHeaders, headers=DESK_HEADERS)
    return site
