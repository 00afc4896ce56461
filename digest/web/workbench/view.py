"""One page of the workbench as plain values for its template, on the web and as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from digest.errors import NotFound
from digest.services.workbench.snapshot import RenderedVariant, Snapshot
from previews import goldens
from previews.views.anatomy import CLIP_BYTES, header_fields, mime_tree, source_lines
from previews.views.client_views import CLIENT_VIEWS
from previews.views.diff import diff_lines
from previews.views.frame import SANDBOX

SOURCE_VIEWS = {
    "text": "Plain text",
    "source": "HTML source",
    "headers": "Headers",
    "mime": "MIME tree",
    "sizes": "Sizes",
    "raw": "Whole message",
}
CHECK = "preflight"
WIDTHS = {
    "both": (640, 375),
    "320": (320,),
    "375": (375,),
    "640": (640,),
    "full": (None,),
}
WIDTH_NAMES = {"both": "640 + 375", "full": "Full"}
COMPARED = ("text", "source")


@dataclass(frozen=True)
class ViewChoice:
    """What the editor chose to see.

    `against` names the page to compare with, if any; `spot` is the CSS locator of the element to
    highlight.
    """

    view: str = "light"
    width: str = "both"
    variant: str = ""
    reader: str = ""
    against: str = ""
    spot: str = ""

    @classmethod
    def of(cls, **given: str) -> "ViewChoice":
        """Empty values mean the default. Raises `NotFound` for an unknown view or width."""
        chosen = cls(**{name: value for name, value in given.items() if value})
        if chosen.view not in (*CLIENT_VIEWS, *SOURCE_VIEWS, CHECK) or chosen.width not in WIDTHS:
            raise NotFound("the workbench has no such view; its page lists them all")
        return chosen

    def but(self, **changes: str) -> "ViewChoice":
        """The same choice with some values changed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class ComparedPage:
    """What is compared with; `key` is `golden-emoji`, `issue-3` or `sample-emoji`."""

    key: str
    title: str
    html: str
    text: str


class WorkbenchLinks(Protocol):
    """Addresses of the parts of a page: on the desk, or in exported files."""

    def page(self, choice: ViewChoice) -> str:
        """The page of another choice."""

    def frame(self, choice: ViewChoice, rendered: RenderedVariant) -> str:
        """The framed HTML in a client view."""

    def beside(self, choice: ViewChoice, other: ComparedPage) -> str:
        """The framed HTML of the page that is compared with."""

    def eml(self, choice: ViewChoice) -> str:
        """The message to download."""


def golden_page(name: str) -> ComparedPage:
    """A sample's reviewed golden. Raises `NotFound`."""
    try:
        golden = goldens.read(name)
    except KeyError:
        raise NotFound(f"the sample {name!r} has no golden yet; `make goldens` writes it") from None
    return ComparedPage(f"golden-{name}", "Reviewed golden", golden.html, golden.text)


def page_context(
    snapshot: Snapshot,
    choice: ViewChoice,
    links: WorkbenchLinks,
    other: ComparedPage | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The values of `desk/workbench.html`.

    Without `live`, the address of the events, the page is an exported file.
    """
    rendered = snapshot.rendered
    variant = rendered.variant if rendered else choice.variant
    choice = choice.but(variant=variant)
    return {
        "snapshot": snapshot,
        "target": snapshot.target,
        "rendered": rendered,
        "problem": snapshot.problem,
        "choice": choice,
        "links": links,
        "other": other,
        "client_views": CLIENT_VIEWS,
        "source_views": SOURCE_VIEWS,
        "check": CHECK,
        "widths": {key: WIDTH_NAMES.get(key, key) for key in WIDTHS},
        "columns": WIDTHS[choice.width],
        "clip": CLIP_BYTES,
        "sandbox": SANDBOX,
        "live": None,
        "targets": None,
        "tests": None,
        "differences": _differences(rendered, choice, other),
        **(_source_values(rendered, choice.view) if rendered else {}),
        **more,
    }


def _differences(
    rendered: RenderedVariant | None, choice: ViewChoice, other: ComparedPage | None
) -> Any:
    if rendered is None or other is None or choice.view not in COMPARED:
        return None
    if choice.view == "text":
        return diff_lines(other.text, rendered.text)
    return diff_lines(other.html, rendered.html)


def _source_values(rendered: RenderedVariant, view: str) -> Mapping[str, Any]:
    """What the source views print, and the sizes that every page shows."""
    parts: Sequence[Any] = mime_tree(rendered.eml)
    page = next((part for part in parts if part.kind == "text/html"), None)
    values: dict[str, Any] = {"html_bytes": page.decoded if page else 0, "parts": parts}
    header = rendered.eml.partition(b"\r\n\r\n")[0]
    if view == "headers":
        values["fields"] = header_fields(rendered.eml)
        values["header"] = header.decode("utf-8", "replace")
    elif view == "source":
        values["lines"] = source_lines(rendered.html)
    elif view == "raw":
        message = rendered.eml.decode("utf-8", "replace")
        values["lines"] = source_lines(message.replace("\r\n", "\n"))
    elif view == "sizes":
        values["header_bytes"] = len(header) + 4
        values["message_bytes"] = len(rendered.eml)
    return values
