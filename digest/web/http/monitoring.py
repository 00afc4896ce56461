"""What `digest work` answers: metrics and probes as on the desk, and nothing else.

There is no page and nothing to change, so it may listen beyond loopback, for a monitor
on another machine. It has no login: what it tells are counts, none of them about a reader.
"""

from fastapi import FastAPI

from digest.app import App
from digest.delivery.sending.worker import Worker
from digest.web.http import health, metrics
from digest.web.http.dependencies import attach
from digest.web.http.middleware import DefaultHeaders, HeadAsGet

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def build_for_monitors(app: App, worker: Worker) -> FastAPI:
    """The ASGI application with `/metrics`, `/healthz` and `/readyz` of this process."""
    site = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    attach(site, app, None, worker)
    site.include_router(metrics.router)
    site.include_router(health.desk_router)
    site.add_middleware(HeadAsGet)
    site.add_middleware(DefaultHeaders, headers=HEADERS)
    return site
