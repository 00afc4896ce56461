"""From paths to pages, with a report of what was and what was not read in each file."""

import codecs
import re
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.catalogue.pages.json_page import read_json_pages
from digest.catalogue.pages.page import ComparisonPage, PageError, PageProblem
from digest.catalogue.pages.text_page import read_text_page
from digest.catalogue.views import FrozenModel

TEXT_LIMIT = 1_000_000
JSON_LIMIT = 5_000_000
SUFFIXES = (".json", ".txt")
# UTF-32 first: its little-endian mark begins with the bytes of UTF-16's.
_BOMS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class FileReport(FrozenModel):
    """The result of reading one file: titles of its comparisons, and parts read and not read."""

    file: str
    comparisons: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    problems: tuple[PageProblem, ...] = ()


@dataclass(frozen=True)
class ImportInput:
    """The pages of all files of one import."""

    pages: tuple[ComparisonPage, ...]
    files: tuple[FileReport, ...]
    problems: tuple[PageProblem, ...]


def read_files(
    paths: Iterable[Path], on_read: Callable[[int, int], None] | None = None
) -> ImportInput:
    """Read files and folders; errors become problems. `on_read(done, total)` reports progress."""
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
    """Read one file: as JSON by its name or first character, otherwise as a text page."""
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


def find_files(paths: Iterable[Path]) -> tuple[list[Path], list[PageProblem]]:
    """The given files, and the .txt and .json files of each folder in order; each file once."""
    found: dict[Path, Path] = {}
    problems = []
    for path in paths:
        try:
            files = _files_in(path) if path.is_dir() else [path]
        except OSError as error:
            problems.append(_folder_problem(path, f"cannot be read: {error.strerror}"))
            continue
        if not files:
            problems.append(_folder_problem(path, "no .txt or .json files in this folder"))
        for file in files:
            # A folder and a file in it may both be named, or a link to the file.
            found.setdefault(file.resolve(), file)
    return list(found.values()), problems


def _files_in(folder: Path) -> Sequence[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )


def _folder_problem(folder: Path, message: str) -> PageProblem:
    return PageProblem(file=str(folder), line=None, message=message)


def read_text(path: Path) -> str:
    """A file's text with line feeds as line ends. Raises `PageError`, also for a huge file."""
    limit = JSON_LIMIT if path.suffix.lower() == ".json" else TEXT_LIMIT
    try:
        return _decode(_read_bytes(path, limit))
    except OSError as error:
        raise PageError(f"cannot be read: {error.strerror}") from None


def _read_bytes(path: Path, limit: int) -> bytes:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for a writer
        raise PageError("is not a regular file")
    with path.open("rb") as file:
        data = file.read(limit + 1)  # a file may have grown since `stat`
    if len(data) > limit:
        size = max(status.st_size, len(data))
        raise PageError(f"is too large: {size:,} bytes; at most {limit:,} are read")
    if not data.strip():
        raise PageError("is empty")
    return data


def _decode(data: bytes) -> str:
    for bom, name in _BOMS.items():
        if data.startswith(bom):
            raise PageError(f"is {name}; save it as UTF-8", 1)
    if (nul := data.find(b"\0")) >= 0:
        raise PageError("is binary, not text: it holds a NUL byte", _line_of(data, nul))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 (byte 0x{data[error.start]:02X}); save it as UTF-8"
        raise PageError(message, _line_of(data, error.start)) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if control := _CONTROL.search(text):
        message = f"is binary, not text: it holds the control character 0x{ord(control[0]):02X}"
        raise PageError(message, text.count("\n", 0, control.start()) + 1)
    return text


def _line_of(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1
