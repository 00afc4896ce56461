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
    """What the editor chose to see. `against` names what stands beside it, if anything; `spot`
    locates what is marked."""

    view: str = "light"
    width: str = "both"
    variant: str = ""
    reader: str = ""
    against: str = ""
    spot: str = ""

    @classmethod
    def of(cls, **given: str) -> "ViewChoice":
        """Raises `NotFound` for a view or a width that there is none of."""
        chosen = cls(**{name: value for name, value in given.items() if value})
        if chosen.view not in (*CLIENT_VIEWS, *SOURCE_VIEWS, CHECK) or chosen.width not in WIDTHS:
            raise NotFound("the workbench has no such view; its page lists them all")
        return chosen

    def but(self, **changes: str) -> "ViewChoice":
        """The same with something else."""
        return replace(self, **changes)


@dataclass(frozen=True)
class ComparedPage:
    """What is compared with: only its page and its text are known."""

    key: str
    title: str
    html: str
    text: str


class WorkbenchLinks(Protocol):
    """Where the page's parts are to be found."""

    def page(self, choice: ViewChoice) -> str:
        """The page of another choice."""

    def frame(self, choice: ViewChoice, shown: RenderedVariant) -> str:
        """The framed HTML of a look."""

    def beside(self, choice: ViewChoice, other: ComparedPage) -> str:
        """The framed HTML of what is compared with."""

    def eml(self, choice: ViewChoice) -> str:
        """The message to download."""


def golden(name: str) -> ComparedPage:
    """A sample's reviewed golden. Raises `NotFound`."""
    try:
        kept = goldens.read(name)
    except KeyError:
        raise NotFound(f"the sample {name!r} has no golden yet; `make goldens` makes it") from None
    return ComparedPage(f"golden-{name}", "Reviewed golden", kept.html, kept.text)


def page_context(
    sight: Snapshot,
    choice: ViewChoice,
    places: WorkbenchLinks,
    other: ComparedPage | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The values of `desk/workbench.html`."""
    shown = sight.shown
    variant = shown.variant if shown else choice.variant
    choice = choice.but(variant=variant)
    return {
        "sight": sight,
        "subject": sight.subject,
        "shown": shown,
        "problem": sight.problem,
        "choice": choice,
        "places": places,
        "other": other,
        "looks": CLIENT_VIEWS,
        "papers": SOURCE_VIEWS,
        "check": CHECK,
        "widths": {key: WIDTH_NAMES.get(key, key) for key in WIDTHS},
        "columns": WIDTHS[choice.width],
        "clip": CLIP_BYTES,
        "sandbox": SANDBOX,
        "live": None,
        "samples": (),
        "goldens": (),
        "issues": (),
        "tests": None,
        "differences": _differences(shown, choice, other),
        **(_paper(shown, choice.view) if shown else {}),
        **more,
    }


def _differences(
    shown: RenderedVariant | None, choice: ViewChoice, other: ComparedPage | None
) -> Any:
    if shown is None or other is None or choice.view not in COMPARED:
        return None
    if choice.view == "text":
        return diff_lines(other.text, shown.text)
    return diff_lines(other.html, shown.html)


def _paper(shown: RenderedVariant, view: str) -> Mapping[str, Any]:
    """What the views other than looks print, and the sizes that stand on every page."""
    parts: Sequence[Any] = mime_tree(shown.eml)
    page = next((part for part in parts if part.kind == "text/html"), None)
    found: dict[str, Any] = {"html_bytes": page.decoded if page else 0, "parts": parts}
    if view == "headers":
        found["fields"] = header_fields(shown.eml)
        found["header"] = shown.eml.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    elif view == "source":
        found["lines"] = source_lines(shown.html)
    elif view == "raw":
        found["lines"] = source_lines(shown.eml.decode("utf-8", "replace").replace("\r\n", "\n"))
    elif view == "sizes":
        found["header_bytes"] = len(shown.eml.partition(b"\r\n\r\n")[0]) + 4
        found["message_bytes"] = len(shown.eml)
    return found
