"""An issue before it goes: every variant, at two widths, in both schemes, and its source."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse, Response

from digest.app import App
from digest.errors import NotFound
from digest.flows.previewing import VariantPreview, preview_issue
from digest.web.context import Installation, PageRenderer
from digest.web.frames import Scheme, frame

router = APIRouter(prefix="/issues/{number:int}")

HIGHEST_NUMBER = 2**31 - 1
HTML_LIMIT = 100_000
HTML_WARNING = 80_000
WIDTHS = (640, 375)


class View(StrEnum):
    """What is shown of a variant."""

    LOOKS = "looks"
    TEXT = "text"
    SOURCE = "source"


@router.get("")
async def issue(
    number: int,
    app: Installation,
    pages: PageRenderer,
    variant: str = "",
    view: View = View.LOOKS,
    scheme: Scheme = Scheme.LIGHT,
) -> Response:
    """The workbench of one issue, on the bytes a reader would get."""
    _check(number)
    preview = await preview_issue(app, number)
    shown = _pick(preview.variants, variant) if variant else preview.variants[0]
    return pages.render(
        "desk/issue.html",
        issue=preview,
        shown=shown,
        view=view.value,
        views=[item.value for item in View],
        scheme=scheme.value,
        schemes=[item.value for item in Scheme],
        widths=WIDTHS,
        header=_header(shown.eml),
        source=shown.eml.decode("utf-8", errors="replace"),
        percent_of_limit=min(100, round(100 * shown.html_bytes / HTML_LIMIT)),
        tight=shown.html_bytes >= HTML_WARNING,
    )


@router.get("/{key}.html")
async def looks(
    number: int, key: str, app: Installation, scheme: Annotated[Scheme | None, Query()] = None
) -> Response:
    """One variant's HTML, for a frame."""
    return frame((await _variant(app, number, key)).html, scheme)


@router.get("/{key}.txt")
async def text(number: int, key: str, app: Installation) -> Response:
    """One variant's plain text."""
    return PlainTextResponse((await _variant(app, number, key)).text)


@router.get("/{key}.eml")
async def eml(number: int, key: str, app: Installation) -> Response:
    """One variant's complete message, to open in a mail program."""
    return download((await _variant(app, number, key)).eml, f"issue-{number}-{key}.eml")


def download(raw: bytes, name: str) -> Response:
    """A message as a file. `name` must be of our own making."""
    return Response(
        raw,
        media_type="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _variant(app: App, number: int, key: str) -> VariantPreview:
    _check(number)
    return _pick((await preview_issue(app, number)).variants, key)


def _check(number: int) -> None:
    if number > HIGHEST_NUMBER:
        raise NotFound(f"there is no issue {number}; the overview lists them all")


def _pick(variants: tuple[VariantPreview, ...], key: str) -> VariantPreview:
    for variant in variants:
        if variant.key == key:
            return variant
    raise NotFound("the issue has no such variant; its page lists them all")


def _header(eml: bytes) -> str:
    return eml.partition(b"\r\n\r\n")[0].decode("utf-8", errors="replace")
