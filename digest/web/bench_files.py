"""The whole workbench of an issue as files that need no server, to send to somebody."""

from collections.abc import Iterator
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

from digest.app import App
from digest.errors import DigestError
from digest.flows.preflight import Checked, check_issue
from digest.flows.sights import ISSUE, Shown, Sight, Subject
from digest.flows.workbench import Workbench
from digest.web.bench_view import CHECK, PAPERS, WIDTHS, Choice, Other, context_of
from digest.web.pages import Pages
from previews.views.frame import standing_alone
from previews.views.looks import LOOKS

INDEX, STYLE, FRAMES = "index.html", "workbench.css", "frames"
SHEETS = ("site.css", "desk.css", "workbench.css")


class FilePlaces:
    """Names of files, seen from a page's folder."""

    def page(self, choice: Choice) -> str:
        """A look has a page for each width."""
        width = f"-{choice.width}" if choice.view in LOOKS else ""
        return f"{choice.variant}-{choice.view}{width}.html"

    def frame(self, choice: Choice, shown: Shown) -> str:
        """One for all widths."""
        return f"{FRAMES}/{shown.variant}-{choice.view}.html"

    def beside(self, choice: Choice, other: Other) -> str:
        """Files compare nothing."""
        raise NotImplementedError

    def eml(self, choice: Choice) -> str:
        """The message."""
        return f"{choice.variant}.eml"


async def write_bench(app: App, number: int, folder: Path) -> list[Path]:
    """Write every page of every variant into `folder`; the paths, the first page first.

    The links in the mails are inert: whoever gets the files gets no reader's own.
    Raises `NotFound`, `DigestError` for an issue that cannot be compiled.
    """
    bench, subject = Workbench(app), Subject(ISSUE, str(number))
    first = await bench.look(subject)
    if first.shown is None or first.problem:
        raise DigestError(first.problem.reason if first.problem else "there is nothing to show")
    sights = [await bench.look(subject, key) for key in first.shown.made.variants]
    checked = await check_issue(app, number)
    return _write(Pages(app, layout="desk/standalone.html", base=""), sights, checked, folder)


def _write(pages: Pages, sights: list[Sight], checked: Checked, folder: Path) -> list[Path]:
    (folder / FRAMES).mkdir(parents=True, exist_ok=True)
    sheets = files("templates") / "web" / "static"
    style = folder / STYLE
    style.write_text("\n".join((sheets / name).read_text("utf-8") for name in SHEETS), "utf-8")
    written = [style]
    for sight in sights:
        written += _write_variant(pages, sight, checked, folder)
    index = folder / INDEX
    first = sights[0].shown
    assert first is not None
    index.write_bytes((folder / FilePlaces().page(Choice(variant=first.variant))).read_bytes())
    return [index, *written]


def _write_variant(pages: Pages, sight: Sight, checked: Checked, folder: Path) -> Iterator[Path]:
    places, shown = FilePlaces(), sight.shown
    assert shown is not None
    eml = folder / places.eml(Choice(variant=shown.variant))
    eml.write_bytes(shown.eml)
    yield eml
    for look in LOOKS:
        frame = folder / places.frame(Choice(view=look), shown)
        frame.write_text(standing_alone(shown.html, look), "utf-8")
        yield frame
    for choice in _choices(shown.variant):
        context = context_of(sight, choice, places, checked=checked)
        page = folder / places.page(choice)
        page.write_bytes(bytes(pages.render("desk/workbench.html", **context).body))
        yield page


def _choices(variant: str) -> Iterator[Choice]:
    usual = Choice(variant=variant)
    for look in LOOKS:
        for width in WIDTHS:
            yield Choice(**{**asdict(usual), "view": look, "width": width})
    for view in (*PAPERS, CHECK):
        yield usual.but(view=view)
