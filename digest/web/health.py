"""For monitors and robots."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from sqlalchemy import literal
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select

from digest.web.context import Installation, PageRenderer

router = APIRouter()


@router.get("/healthz")
async def healthz(app: Installation) -> Response:
    """200 while the database answers, else 503."""
    try:
        async with app.store.read() as session:
            await session.exec(select(literal(1)))
    except (SQLAlchemyError, OSError):
        return JSONResponse({"status": "no database"}, 503, {"Cache-Control": "no-store"})
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


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
