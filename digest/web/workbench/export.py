"""The whole workbench of an issue as files that need no server, to send to somebody."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

from digest.app import App
from digest.errors import DigestError
from digest.services.preflight.check import CheckedIssue, check_issue
from digest.services.workbench.snapshot import ISSUE, PreviewTarget, RenderedVariant, Snapshot
from digest.services.workbench.workbench import Workbench
from digest.web.http.pages import Pages
from digest.web.workbench.finding_links import marks, place_findings
from digest.web.workbench.view import (
    CHECK,
    SOURCE_VIEWS,
    WIDTHS,
    ComparedPage,
    ViewChoice,
    page_context,
)
from previews.views.client_views import CLIENT_VIEWS
from previews.views.frame import standalone
from previews.views.highlights import ANY_HIGHLIGHT, highlight_id
from previews.views.highlights import with_highlights as with_marks

INDEX, STYLE, FRAMES = "index.html", "workbench.css", "frames"
WITH_SPOT = f"*-{ANY_HIGHLIGHT}.html"
SHEETS = ("site.css", "desk.css", "workbench.css")


class FileLinks:
    """Names of files, seen from a page's folder. `marked` are the pages with a spot on them."""

    def __init__(self, marked: Collection[ViewChoice] = ()) -> None:
        self.marked = marked

    def page(self, choice: ViewChoice) -> str:
        """A look has a page for each width, and for each spot that is marked."""
        width = f"-{choice.width}" if choice.view in CLIENT_VIEWS else ""
        spot = f"-{highlight_id(choice.spot)}" if choice in self.marked else ""
        return f"{choice.variant}-{choice.view}{width}{spot}.html"

    def frame(self, choice: ViewChoice, shown: RenderedVariant) -> str:
        """One for all widths and spots."""
        spot = f"#{highlight_id(choice.spot)}" if choice.spot else ""
        return f"{FRAMES}/{shown.variant}-{choice.view}.html{spot}"

    def beside(self, choice: ViewChoice, other: ComparedPage) -> str:
        """Files compare nothing."""
        raise NotImplementedError

    def eml(self, choice: ViewChoice) -> str:
        """The message."""
        return f"{choice.variant}.eml"


async def export_workbench(app: App, number: int, folder: Path) -> list[Path]:
    """Write every page of every variant into `folder`; the paths, the first page first.

    Pages with spots that an earlier call left there go, for they show what was.
    The links in the mails are inert: whoever gets the files gets no reader's own.
    Raises `NotFound`, `DigestError` for an issue that cannot be compiled.
    """
    bench, subject = Workbench(app), PreviewTarget(ISSUE, str(number))
    first = await bench.look(subject)
    if first.shown is None or first.problem:
        raise DigestError(first.problem.reason if first.problem else "there is nothing to show")
    sights = [await bench.look(subject, key) for key in first.shown.made.variants]
    checked = await check_issue(app, number)
    return _write(Pages(app, layout="desk/standalone.html", base=""), sights, checked, folder)


def _write(pages: Pages, sights: list[Snapshot], checked: CheckedIssue, folder: Path) -> list[Path]:
    (folder / FRAMES).mkdir(parents=True, exist_ok=True)
    for old in folder.glob(WITH_SPOT):
        old.unlink()
    sheets = files("templates") / "web" / "static"
    style = folder / STYLE
    style.write_text("\n".join((sheets / name).read_text("utf-8") for name in SHEETS), "utf-8")
    written = [style]
    marked = [choice for sight in sights if sight.shown for choice in marks(checked, sight.shown)]
    for sight in sights:
        written += _write_variant(pages, sight, checked, marked, folder)
    index = folder / INDEX
    first = sights[0].shown
    assert first is not None
    index.write_bytes((folder / FileLinks().page(ViewChoice(variant=first.variant))).read_bytes())
    return [index, *written]


def _write_variant(
    pages: Pages, sight: Snapshot, checked: CheckedIssue, marked: Sequence[ViewChoice], folder: Path
) -> Iterator[Path]:
    shown = sight.shown
    assert shown is not None
    places = FileLinks(marked)
    own = [choice for choice in marked if choice.variant == shown.variant]
    html = with_marks(shown.html, {choice.spot for choice in own}) if own else shown.html
    eml = folder / places.eml(ViewChoice(variant=shown.variant))
    eml.write_bytes(shown.eml)
    yield eml
    for look in CLIENT_VIEWS:
        frame = folder / places.frame(ViewChoice(view=look), shown)
        frame.write_text(standalone(html, look), "utf-8")
        yield frame
    for choice in (*_choices(shown.variant), *own):
        findings = place_findings(checked, sight, choice, places) if choice.view == CHECK else ()
        context = page_context(sight, choice, places, checked=checked, findings=findings)
        page = folder / places.page(choice)
        page.write_bytes(bytes(pages.render("desk/workbench.html", **context).body))
        yield page


def _choices(variant: str) -> Iterator[ViewChoice]:
    usual = ViewChoice(variant=variant)
    for look in CLIENT_VIEWS:
        for width in WIDTHS:
            yield ViewChoice(**{**asdict(usual), "view": look, "width": width})
    for view in (*SOURCE_VIEWS, CHECK):
        yield usual.but(view=view)
