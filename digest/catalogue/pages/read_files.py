"""From paths to pages, with an account of what was and was not read in each file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from digest.catalogue.pages.cursor import PageError
from digest.catalogue.pages.files import find_files, read_text
from digest.catalogue.pages.json_page import read_json_pages
from digest.catalogue.pages.page import ComparisonPage, PageProblem
from digest.catalogue.pages.text_page import read_text_page
from digest.catalogue.views import FrozenModel


class FileReport(FrozenModel):
    """What came of one file: its comparisons' titles, and the parts read and not read."""

    file: str
    comparisons: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    problems: tuple[PageProblem, ...] = ()


@dataclass(frozen=True)
class ImportInput:
    """All files of one import."""

    pages: tuple[ComparisonPage, ...]
    files: tuple[FileReport, ...]
    problems: tuple[PageProblem, ...]


def read_files(
    paths: Iterable[Path], on_read: Callable[[int, int], None] | None = None
) -> ImportInput:
    """Read files and folders; faults become problems. `on_read(done, of)` tells the progress."""
    files, problems = find_files(paths)
    pages: list[ComparisonPage] = []
    readings = []
    for done, path in enumerate(files, start=1):
        found, reading = read_file(path)
        pages += found
        readings.append(reading)
        problems += reading.problems
        if on_read:
            on_read(done, len(files))
    return ImportInput(tuple(pages), tuple(readings), tuple(problems))


def read_file(path: Path) -> tuple[list[ComparisonPage], FileReport]:
    """Read one file, as JSON if its name or first character says so, else as a text page."""
    file = str(path)
    try:
        text = read_text(path)
        if path.suffix.lower() == ".json" or text.lstrip()[:1] in ("{", "["):
            return _read_json(file, text)
        return _read_page(file, text)
    except PageError as error:
        problem = PageProblem(file=file, line=error.line, message=error.message)
        return [], FileReport(file=file, unread=("the whole file",), problems=(problem,))


def _read_json(file: str, text: str) -> tuple[list[ComparisonPage], FileReport]:
    json = read_json_pages(file, text)
    return json.pages, FileReport(
        file=file,
        comparisons=tuple(page.title for page in json.pages),
        read=tuple(json.read),
        unread=tuple(json.unread),
        problems=tuple(json.problems),
    )


def _read_page(file: str, text: str) -> tuple[list[ComparisonPage], FileReport]:
    reading = read_text_page(file, text)
    pages = [reading.page] if reading.page else []
    return pages, FileReport(
        file=file,
        comparisons=tuple(page.title for page in pages),
        read=tuple(reading.read),
        unread=tuple(reading.unread),
        problems=tuple(reading.problems),
    )
