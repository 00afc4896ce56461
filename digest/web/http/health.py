"""For monitors and robots.

Anybody may ask the probes of the public site, so they say yes or no and nothing else;
what is the matter is told on the desk.
"""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from sqlalchemy import literal
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select

from digest.services.installation.readiness import failing
from digest.web.http.dependencies import EmbeddedWorker, Installation, PageRenderer

NOT_KEPT = {"Cache-Control": "no-store"}

router = APIRouter()
desk_router = APIRouter()


@desk_router.get("/healthz")
@router.get("/healthz")
async def healthz(app: Installation) -> Response:
    """200 while the database answers, else 503."""
    try:
        async with app.store.read() as session:
            await session.exec(select(literal(1)))
    except (SQLAlchemyError, OSError):
        return JSONResponse({"status": "no database"}, 503, NOT_KEPT)
    return JSONResponse({"status": "ok"}, headers=NOT_KEPT)


@router.get("/readyz")
async def readyz(app: Installation, worker: EmbeddedWorker) -> Response:
    """200 while mail would be sent: database at hand and current, worker alive, clock trusted."""
    if await failing(app, worker):
        return JSONResponse({"status": "not ready"}, 503, NOT_KEPT)
    return JSONResponse({"status": "ready"}, headers=NOT_KEPT)


@desk_router.get("/readyz")
async def readyz_telling(app: Installation, worker: EmbeddedWorker) -> Response:
    """The same, and what is the matter: of `database`, `worker` and `clock`."""
    matters = await failing(app, worker)
    status = "not ready" if matters else "ready"
    return JSONResponse({"status": status, "failing": matters}, 503 if matters else 200, NOT_KEPT)


@router.get("/robots.txt")
async def robots(pages: PageRenderer) -> Response:
    """Readers' own links are nobody else's business."""
    private = ("confirm", "unsubscribe", "preferences", "signup")
    lines = ["User-agent: *", *(f"Disallow: {pages.base}/{name}/" for name in private)]
    return PlainTextResponse("\n".join(lines) + "\n")


@router.get("/favicon.ico")
async def favicon(pages: PageRenderer) -> Response:
    """What browsers ask for on pages that name no icon, such as an archived mail."""
    return RedirectResponse(f"{pages.base}/static/mark.svg", 308)
