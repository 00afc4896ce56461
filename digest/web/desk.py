"""The desk: what an editor looks at on the machine itself. It only reads."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from digest.app import App
from digest.delivery.sending.worker import Worker
from digest.flows.workbench import Workbench
from digest.rendering.templates import ROOT
from digest.web import (
    desk_frames,
    desk_inbox,
    desk_issues,
    desk_overview,
    failures,
    health,
    metrics,
)
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


def build_desk(app: App, worker: Worker | None = None, templates: Path = ROOT) -> FastAPI:
    """The ASGI application of the desk. Bind it to a loopback address only: it has no login.

    `worker` is the one of this process, for its metrics and readiness. `templates` is the
    folder of the email templates that the workbench compiles drafts with.
    """
    pages = Pages(app, layout="desk/base.html", base="", headers=DESK_HEADERS)
    site = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    attach(site, app, pages, worker)
    site.state.workbench = Workbench(app, templates)
    for noun in (desk_overview, desk_issues, desk_frames, desk_inbox, metrics):
        site.include_router(noun.router)
    site.include_router(health.desk_router)
    site.mount("/static", StaticFiles(packages=[("templates", "web/static")]))
    failures.install(site, pages, tell=True)
    site.add_middleware(HeadAsGet)
    site.add_middleware(LoopbackOnly, refusal=lambda: failures.failure_page(pages, 403))
    site.add_middleware(DefaultHeaders, headers=DESK_HEADERS)
    return site
