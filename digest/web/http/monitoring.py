"""For monitors: the probes, and the site of `digest work`, which has these and `/metrics` only.

Anyone can ask the probes of the public site, so they answer yes or no. The desk and
`digest work` also name what is failing.
"""

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, Response

from digest.app import App
from digest.delivery.sending.worker import Worker
from digest.services.installation.readiness import check_readiness, database_answers
from digest.web.http import prometheus
from digest.web.http.dependencies import EmbeddedWorker, Installation, attach
from digest.web.http.middleware import DefaultHeaders, HeadAsGet

NOT_CACHED = {"Cache-Control": "no-store"}
HEADERS = {**NOT_CACHED, "X-Content-Type-Options": "nosniff"}

public_router = APIRouter()
desk_router = APIRouter()


def build_monitoring(app: App, worker: Worker) -> FastAPI:
    """The ASGI application of `digest work`: `/metrics`, `/healthz` and `/readyz`.

    It may listen beyond loopback without a login: it has no page, nothing can be changed
    through it, and no number is about one reader.
    """
    site = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    attach(site, app, None, worker)
    site.include_router(prometheus.router)
    site.include_router(desk_router)
    site.add_middleware(HeadAsGet)
    site.add_middleware(DefaultHeaders, headers=HEADERS)
    return site


@desk_router.get("/healthz")
@public_router.get("/healthz")
async def healthz(app: Installation) -> Response:
    """200 while the database answers, else 503."""
    if await database_answers(app):
        return JSONResponse({"status": "ok"}, headers=NOT_CACHED)
    return JSONResponse({"status": "no database"}, 503, NOT_CACHED)


@public_router.get("/readyz")
async def readyz(app: Installation, worker: EmbeddedWorker) -> Response:
    """200 while mail would be sent: database current, worker alive, clock trusted; else 503."""
    if (await check_readiness(app, worker)).ready:
        return JSONResponse({"status": "ready"}, headers=NOT_CACHED)
    return JSONResponse({"status": "not ready"}, 503, NOT_CACHED)


@desk_router.get("/readyz")
async def readyz_with_reasons(app: Installation, worker: EmbeddedWorker) -> Response:
    """The same, with the parts that are failing: `database`, `worker` or `clock`."""
    readiness = await check_readiness(app, worker)
    status = "ready" if readiness.ready else "not ready"
    content = {"status": status, **readiness.model_dump(mode="json")}
    return JSONResponse(content, 200 if readiness.ready else 503, NOT_CACHED)
