"""The built-in inbox as pages. Reading a folder blocks, so these routes run in threads."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from digest.errors import NotFound
from digest.services.inbox import list_received, read_received
from digest.web.http.dependencies import Installation, PageRenderer
from digest.web.http.mail_frame import frame
from digest.web.workbench.frames import download
from previews.markup.colours import ColourScheme

router = APIRouter(prefix="/inbox")

LAST_PAGE = 1_000_000
WIDTHS = {"phone": 375, "desktop": 640}


@router.get("")
def inbox(
    app: Installation,
    pages: PageRenderer,
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
) -> Response:
    """The messages received, newest first."""
    return pages.render("desk/inbox.html", section="inbox", inbox=list_received(app, page))


@router.get("/{message_id}")
def message(
    message_id: str,
    app: Installation,
    pages: PageRenderer,
    width: Annotated[str, Query(pattern="^(phone|desktop)$")] = "desktop",
    scheme: ColourScheme = ColourScheme.LIGHT,
) -> Response:
    """One message: its HTML in a frame, its text, its headers. Raises `NotFound`."""
    return pages.render(
        "desk/message.html",
        section="inbox",
        message=read_received(app, message_id),
        width=width,
        widths=WIDTHS,
        scheme=scheme.value,
        schemes=[item.value for item in ColourScheme],
    )


@router.get("/{message_id}/page.html")
def html(
    message_id: str, app: Installation, scheme: Annotated[ColourScheme | None, Query()] = None
) -> Response:
    """The message's HTML part, for a frame."""
    found = read_received(app, message_id).html
    if found is None:
        raise NotFound("this message has no HTML part")
    return frame(found, scheme)


@router.get("/{message_id}/message.eml")
def eml(message_id: str, app: Installation) -> Response:
    """The exact bytes received."""
    return download(read_received(app, message_id).raw, f"{message_id}.eml")
