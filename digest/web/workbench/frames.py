"""What the workbench's pages fetch: framed views, messages as files, and events of changes."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response, StreamingResponse

from digest.errors import DigestError, NotFound
from digest.services.workbench.snapshot import PreviewTarget
from digest.services.workbench.workbench import Workbench
from digest.web.http.dependencies import Closing, CurrentWorkbench
from digest.web.http.mail_frame import client_view_frame
from digest.web.workbench.requests import Chosen, IssueTarget, SampleTarget, require_rendered
from digest.web.workbench.view import ViewChoice, golden_page
from previews.file_changes import changes_in
from previews.views.client_views import CLIENT_VIEWS
from previews.views.highlights import with_highlights

router = APIRouter()


@router.get("/issues/{number}/frame")
async def issue_frame(target: IssueTarget, choice: Chosen, workbench: CurrentWorkbench) -> Response:
    """An issue's HTML in one client view, for a frame; `spot` locates what to highlight."""
    snapshot = await workbench.snapshot(target, choice.variant, choice.reader)
    return _framed(require_rendered(snapshot).html, choice)


@router.get("/samples/{name}/frame")
async def sample_frame(
    target: SampleTarget, choice: Chosen, workbench: CurrentWorkbench
) -> Response:
    """The same of a sample."""
    return _framed(require_rendered(await workbench.snapshot(target, choice.variant)).html, choice)


@router.get("/goldens/{name}/frame")
async def golden_frame(name: str, choice: Chosen) -> Response:
    """The same of a reviewed golden."""
    return _framed(golden_page(name).html, choice)


def _framed(html: str, choice: ViewChoice) -> Response:
    if choice.view not in CLIENT_VIEWS:
        raise NotFound("only client views are framed; the page shows the other views itself")
    highlighted = with_highlights(html, [choice.spot]) if choice.spot else html
    return client_view_frame(highlighted, choice.view)


@router.get("/issues/{number}/live")
async def issue_live(
    target: IssueTarget, workbench: CurrentWorkbench, closing: Closing
) -> Response:
    """An event whenever the issue or a template has changed (Server-Sent Events)."""
    return await _live(target, workbench, closing)


@router.get("/samples/{name}/live")
async def sample_live(
    target: SampleTarget, workbench: CurrentWorkbench, closing: Closing
) -> Response:
    """The same of a sample."""
    return await _live(target, workbench, closing)


async def _live(target: PreviewTarget, workbench: Workbench, closing: asyncio.Event) -> Response:
    first = await workbench.version(target)

    async def events() -> AsyncIterator[str]:
        sent = first
        yield f"retry: 500\ndata: {sent}\n\n"
        async for _ in changes_in([workbench.templates], closing):
            try:
                # A client that disconnects cancels this task, but must not cancel the query.
                now = await asyncio.shield(workbench.version(target))
            except DigestError:
                return
            if now != sent:
                sent = now
                yield f"data: {sent}\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


@router.get("/issues/{number}/{key}.html")
async def html(
    target: IssueTarget, key: str, workbench: CurrentWorkbench, scheme: str = "light"
) -> Response:
    """One variant's HTML, for a frame."""
    rendered = require_rendered(await workbench.snapshot(target, key))
    return _framed(rendered.html, ViewChoice.of(view=scheme))


@router.get("/issues/{number}/{key}.txt")
async def text(target: IssueTarget, key: str, workbench: CurrentWorkbench) -> Response:
    """One variant's plain text."""
    return PlainTextResponse(require_rendered(await workbench.snapshot(target, key)).text)


@router.get("/issues/{number}/{key}.eml")
async def eml(
    target: IssueTarget, key: str, workbench: CurrentWorkbench, reader: str = ""
) -> Response:
    """One variant's complete message, to open in a mail program."""
    rendered = require_rendered(await workbench.snapshot(target, key, reader))
    return download(rendered.eml, f"issue-{target.number}-{rendered.variant}.eml")


@router.get("/samples/{name}/{key}.eml")
async def sample_eml(target: SampleTarget, key: str, workbench: CurrentWorkbench) -> Response:
    """The same of a sample."""
    rendered = require_rendered(await workbench.snapshot(target, key))
    return download(rendered.eml, f"sample-{target.key}-{rendered.variant}.eml")


def download(raw: bytes, name: str) -> Response:
    """A message as a file. `name` goes into a header unquoted: never pass a name from outside."""
    return Response(
        raw,
        media_type="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
