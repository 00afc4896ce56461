"""What the workbench's pages fetch: framed looks, messages as files, and word of changes."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response, StreamingResponse

from digest.errors import DigestError, NotFound
from digest.services.workbench.snapshot import PreviewTarget
from digest.services.workbench.workbench import Workbench
from digest.web.http.dependencies import Bench, Closing
from digest.web.http.mail_frame import look_frame
from digest.web.workbench.requests import AnIssue, ASample, Chosen, good
from digest.web.workbench.view import ViewChoice, golden
from previews.views.client_views import CLIENT_VIEWS
from previews.views.highlights import with_highlights
from previews.watching import changes_in as looks_at

router = APIRouter()


@router.get("/issues/{number}/frame")
async def issue_frame(subject: AnIssue, choice: Chosen, bench: Bench) -> Response:
    """One look at an issue's HTML, for a frame; its `spot` locates what to mark."""
    return _framed(good(await bench.look(subject, choice.variant, choice.reader)).html, choice)


@router.get("/samples/{name}/frame")
async def sample_frame(subject: ASample, choice: Chosen, bench: Bench) -> Response:
    """The same of a sample."""
    return _framed(good(await bench.look(subject, choice.variant)).html, choice)


@router.get("/goldens/{name}/frame")
async def golden_frame(name: str, choice: Chosen) -> Response:
    """The same of a reviewed golden."""
    return _framed(golden(name).html, choice)


def _framed(html: str, choice: ViewChoice) -> Response:
    if choice.view not in CLIENT_VIEWS:
        raise NotFound("only looks are framed; the page shows the other views itself")
    return look_frame(with_highlights(html, [choice.spot]) if choice.spot else html, choice.view)


@router.get("/issues/{number}/live")
async def issue_live(subject: AnIssue, bench: Bench, closing: Closing) -> Response:
    """Says when the issue or a template has changed (Server-Sent Events)."""
    return await _live(subject, bench, closing)


@router.get("/samples/{name}/live")
async def sample_live(subject: ASample, bench: Bench, closing: Closing) -> Response:
    """The same of a sample."""
    return await _live(subject, bench, closing)


async def _live(subject: PreviewTarget, bench: Workbench, closing: asyncio.Event) -> Response:
    first = await bench.stamp(subject)

    async def news() -> AsyncIterator[str]:
        told = first
        yield f"retry: 500\ndata: {told}\n\n"
        async for _ in looks_at([bench.templates], closing):
            try:
                now = await asyncio.shield(bench.stamp(subject))
            except DigestError:
                return
            if now != told:
                told = now
                yield f"data: {told}\n\n"

    return StreamingResponse(news(), media_type="text/event-stream")


@router.get("/issues/{number}/{key}.html")
async def looks(subject: AnIssue, key: str, bench: Bench, scheme: str = "light") -> Response:
    """One variant's HTML, for a frame."""
    shown = good(await bench.look(subject, key))
    return _framed(shown.html, ViewChoice.of(view=scheme))


@router.get("/issues/{number}/{key}.txt")
async def text(subject: AnIssue, key: str, bench: Bench) -> Response:
    """One variant's plain text."""
    return PlainTextResponse(good(await bench.look(subject, key)).text)


@router.get("/issues/{number}/{key}.eml")
async def eml(subject: AnIssue, key: str, bench: Bench, reader: str = "") -> Response:
    """One variant's complete message, to open in a mail program."""
    shown = good(await bench.look(subject, key, reader))
    return download(shown.eml, f"issue-{subject.number}-{shown.variant}.eml")


@router.get("/samples/{name}/{key}.eml")
async def sample_eml(subject: ASample, key: str, bench: Bench) -> Response:
    """The same of a sample."""
    shown = good(await bench.look(subject, key))
    return download(shown.eml, f"sample-{subject.key}-{shown.variant}.eml")


def download(raw: bytes, name: str) -> Response:
    """A message as a file. `name` must be of our own making."""
    return Response(
        raw,
        media_type="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
