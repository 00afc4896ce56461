"""The desk: the editor's pages, on this machine only. It only reads."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from digest.app import App
from digest.delivery.sending.worker import Worker
from digest.rendering.templates.template_set import ROOT
from digest.services.workbench.workbench import Workbench
from digest.web.desk import inbox, overview
from digest.web.desk.loopback import LoopbackOnly
from digest.web.http import errors, monitoring, prometheus
from digest.web.http.dependencies import attach
from digest.web.http.middleware import DefaultHeaders, HeadAsGet
from digest.web.http.pages import HEADERS, Pages
from digest.web.workbench import frames, workbench_page

# Frames hold the mails, and have a stricter policy of their own (see `mail_frame`).
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
    for noun in (overview, workbench_page, frames, inbox, prometheus):
        site.include_router(noun.router)
    site.include_router(monitoring.desk_router)
    site.mount("/static", StaticFiles(packages=[("templates", "web/static")]))
    errors.install(site, pages, show_reasons=True)
    site.add_middleware(HeadAsGet)
    site.add_middleware(LoopbackOnly, refusal=lambda: errors.failure_page(pages, 403))
    site.add_middleware(DefaultHeaders, headers=DESK_HEADERS)
    return site
