"""The whole workbench of an issue as files that need no server, to share with somebody."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from digest.app import App
from digest.errors import DigestError
from digest.services.preflight.check import CheckedIssue, check_issue
from digest.services.workbench.finding_places import PlacedFinding
from digest.services.workbench.snapshot import ISSUE, PreviewTarget, RenderedVariant, Snapshot
from digest.services.workbench.workbench import Workbench
from digest.web.http.pages import Pages
from digest.web.workbench.finding_links import highlighted_choices, link_findings
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
from previews.views.highlights import ANY_HIGHLIGHT, highlight_id, with_highlights

INDEX, STYLE, FRAMES = "index.html", "workbench.css", "frames"
WITH_HIGHLIGHT = f"*-{ANY_HIGHLIGHT}.html"
SHEETS = ("site.css", "desk.css", "workbench.css")


class FileLinks:
    """Names of files, relative to a page. `highlighted` are the choices with pages of their own."""

    def __init__(self, highlighted: Collection[ViewChoice] = ()) -> None:
        self.highlighted = highlighted

    def page(self, choice: ViewChoice) -> str:
        """A client view has a page for each width, and for each element that is highlighted."""
        width = f"-{choice.width}" if choice.view in CLIENT_VIEWS else ""
        mark = f"-{highlight_id(choice.spot)}" if choice in self.highlighted else ""
        return f"{choice.variant}-{choice.view}{width}{mark}.html"

    def frame(self, choice: ViewChoice, rendered: RenderedVariant) -> str:
        """One file for all widths and highlights."""
        fragment = f"#{highlight_id(choice.spot)}" if choice.spot else ""
        return f"{FRAMES}/{rendered.variant}-{choice.view}.html{fragment}"

    def beside(self, choice: ViewChoice, other: ComparedPage) -> str:
        """Files compare nothing."""
        raise NotImplementedError

    def eml(self, choice: ViewChoice) -> str:
        """The message."""
        return f"{choice.variant}.eml"


@dataclass(frozen=True)
class ExportedVariant:
    """One variant to write, and the findings of preflight as seen from it."""

    snapshot: Snapshot
    rendered: RenderedVariant
    placed: tuple[PlacedFinding, ...]

    @property
    def highlighted(self) -> list[ViewChoice]:
        """The choices of this variant in which an element is highlighted."""
        return highlighted_choices(self.placed, self.rendered.variant)


async def export_workbench(app: App, number: int, folder: Path) -> list[Path]:
    """Write every page of every variant into `folder`; returns the paths, the first page first.

    Pages of highlights that an earlier export left there are deleted, for they show old findings.
    The links in the mails do nothing: so nobody gets a reader's own links with the files.
    Raises `NotFound`, `DigestError` for an issue that cannot be compiled.
    """
    workbench, target = Workbench(app), PreviewTarget(ISSUE, str(number))
    first = await workbench.snapshot(target)
    if first.rendered is None or first.problem:
        raise DigestError(first.problem.reason if first.problem else "there is nothing to show")
    snapshots = [await workbench.snapshot(target, key) for key in first.rendered.variants]
    checked = await check_issue(app, number)
    variants = [
        ExportedVariant(
            snapshot,
            snapshot.rendered,
            workbench.place_findings(snapshot, checked),
        )
        for snapshot in snapshots
        if snapshot.rendered
    ]
    return _write(Pages(app, layout="desk/standalone.html", base=""), variants, checked, folder)


def _write(
    pages: Pages, variants: Sequence[ExportedVariant], checked: CheckedIssue, folder: Path
) -> list[Path]:
    (folder / FRAMES).mkdir(parents=True, exist_ok=True)
    for old in folder.glob(WITH_HIGHLIGHT):
        old.unlink()
    sheets = files("templates") / "web" / "static"
    style = folder / STYLE
    style.write_text("\n".join((sheets / name).read_text("utf-8") for name in SHEETS), "utf-8")
    written = [style]
    links = FileLinks([choice for variant in variants for choice in variant.highlighted])
    for variant in variants:
        written += _write_variant(pages, variant, checked, links, folder)
    index = folder / INDEX
    first = ViewChoice(variant=variants[0].rendered.variant)
    index.write_bytes((folder / FileLinks().page(first)).read_bytes())
    return [index, *written]


def _write_variant(
    pages: Pages,
    variant: ExportedVariant,
    checked: CheckedIssue,
    links: FileLinks,
    folder: Path,
) -> Iterator[Path]:
    rendered, own = variant.rendered, variant.highlighted
    html = with_highlights(rendered.html, {choice.spot for choice in own}) if own else rendered.html
    eml = folder / links.eml(ViewChoice(variant=rendered.variant))
    eml.write_bytes(rendered.eml)
    yield eml
    for view in CLIENT_VIEWS:
        frame = folder / links.frame(ViewChoice(view=view), rendered)
        frame.write_text(standalone(html, view), "utf-8")
        yield frame
    for choice in (*_choices(rendered.variant), *own):
        findings = link_findings(variant.placed, choice, links) if choice.view == CHECK else ()
        context = page_context(variant.snapshot, choice, links, checked=checked, findings=findings)
        page = folder / links.page(choice)
        page.write_bytes(bytes(pages.render("desk/workbench.html", **context).body))
        yield page


def _choices(variant: str) -> Iterator[ViewChoice]:
    base = ViewChoice(variant=variant)
    for view in CLIENT_VIEWS:
        for width in WIDTHS:
            yield ViewChoice(**{**asdict(base), "view": view, "width": width})
    for view in (*SOURCE_VIEWS, CHECK):
        yield base.but(view=view)
