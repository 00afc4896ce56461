"""The built-in inbox as pages. Reading a folder blocks, so these routes run in threads."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from digest.delivery.relays.config_file import relays_of
from digest.errors import NotFound
from digest.inbox.received import count_messages, list_messages, read_message
from digest.web.http.dependencies import Installation, PageRenderer
from digest.web.http.mail_frame import frame
from digest.web.workbench.frames import download
from previews.markup.colours import ColourScheme

router = APIRouter(prefix="/inbox")

PER_PAGE = 50
LAST_PAGE = 1_000_000
WIDTHS = {"phone": 375, "desktop": 640}


@router.get("")
def inbox(
    app: Installation,
    pages: PageRenderer,
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
) -> Response:
    """The messages received, newest first."""
    folder = app.settings.inbox_dir
    count = count_messages(folder)
    return pages.render(
        "desk/inbox.html",
        section="inbox",
        messages=list_messages(folder, PER_PAGE, skip=(page - 1) * PER_PAGE),
        count=count,
        page=page,
        last_page=max(1, -(-count // PER_PAGE)),
        relay=bool(relays_of(app.settings)),
    )


@router.get("/{message_id}")
def message(
    message_id: str,
    app: Installation,
    pages: PageRenderer,
    width: Annotated[str, Query(pattern="^(phone|desktop)$")] = "desktop",
    scheme: ColourScheme = ColourScheme.LIGHT,
) -> Response:
    """One message: as it looks, its text, its headers. Raises `NotFound`."""
    return pages.render(
        "desk/message.html",
        section="inbox",
        message=read_message(app.settings.inbox_dir, message_id),
        width=width,
        widths=WIDTHS,
        scheme=scheme.value,
        schemes=[item.value for item in ColourScheme],
    )


@router.get("/{message_id}/page.html")
def looks(
    message_id: str, app: Installation, scheme: Annotated[ColourScheme | None, Query()] = None
) -> Response:
    """The message's HTML part, for a frame."""
    html = read_message(app.settings.inbox_dir, message_id).html
    if html is None:
        raise NotFound("this message has no HTML part")
    return frame(html, scheme)


@router.get("/{message_id}/message.eml")
def eml(message_id: str, app: Installation) -> Response:
    """The exact bytes received."""
    raw = read_message(app.settings.inbox_dir, message_id).raw
    return download(raw, f"{message_id}.eml")
