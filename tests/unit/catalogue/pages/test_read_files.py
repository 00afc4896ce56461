"""Files and folders, and all that can be wrong with them before a word is read."""

import json
import os
from pathlib import Path

import pytest

from digest.catalogue.pages.read_files import JSON_LIMIT, TEXT_LIMIT, ImportInput, read_files
from tests.unit.catalogue.building import card_a, comparison, page_a

PAGE = page_a(card_a("Ash"), card_a("Birch"), ["a", "b"])


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path) -> tuple[str, int | None]:
    reading = read_files([path])
    assert not reading.pages
    [problem] = reading.problems
    assert problem.file == str(path)
    assert reading.files[0].unread == ("the whole file",)
    return problem.message, problem.line


def titles(reading: ImportInput) -> list[str]:
    return [page.title for page in reading.pages]


def test_folders_are_read_in_order_and_every_file_once(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", PAGE)
    write(tmp_path, "a.json", json.dumps(comparison("Cedar", "Dogwood")))
    write(tmp_path, ".hidden.txt", "nothing")
    write(tmp_path, "notes.md", "nothing")
    reading = read_files([tmp_path, tmp_path / "b.txt"])
    assert titles(reading) == ["Cedar vs Dogwood", "Ash vs Birch"]
    assert not reading.problems


def test_progress_is_reported(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    paths = [write(tmp_path, f"{n}.txt", PAGE) for n in range(3)]
    read_files(paths, lambda done, total: calls.append((done, total)))
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_a_file_with_another_suffix_is_read_by_its_content(tmp_path: Path) -> None:
    paths = [
        write(tmp_path, "page", PAGE),
        write(tmp_path, "data", json.dumps(comparison("Cedar", "Dogwood"))),
    ]
    assert titles(read_files(paths)) == ["Ash vs Birch", "Cedar vs Dogwood"]


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_any_line_ending_and_a_byte_order_mark_are_fine(tmp_path: Path, ending: str) -> None:
    text = "\ufeff" + PAGE.replace("\n", ending)
    assert titles(read_files([write(tmp_path, "page.txt", text)])) == ["Ash vs Birch"]


def test_an_empty_folder_is_a_problem(tmp_path: Path) -> None:
    [problem] = read_files([tmp_path]).problems
    assert "no .txt or .json files" in problem.message


@pytest.mark.parametrize(
    ("content", "message", "line"),
    [
        (b"", "is empty", None),
        (b" \n\n", "is empty", None),
        (b"AI tool\n\0\x01", "binary", 2),
        (b"\x89PNG\r\n\x1a\n\0\0", "binary", 3),
        (b"AI tool\n\x07", "control character 0x07", 2),
        (PAGE.encode("utf-16"), "is UTF-16; save it as UTF-8", 1),
        (PAGE.encode("utf-32"), "is UTF-32; save it as UTF-8", 1),
        (b"AI\ntool\n\x93curly\x94", "not UTF-8 (byte 0x93)", 3),
    ],
)
def test_files_that_are_not_text_are_refused(
    tmp_path: Path, content: bytes, message: str, line: int | None
) -> None:
    reason, where = refusal(write(tmp_path, "page.txt", content))
    assert message in reason
    assert where == line


@pytest.mark.parametrize(("name", "limit"), [("a.txt", TEXT_LIMIT), ("a.json", JSON_LIMIT)])
def test_a_huge_file_is_refused_without_being_read(tmp_path: Path, name: str, limit: int) -> None:
    path = tmp_path / name
    path.touch()
    os.truncate(path, 100_000_000)
    message, _ = refusal(path)
    assert message == f"is too large: 100,000,000 bytes; at most {limit:,} are read"


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.txt")[0] == "cannot be read: No such file or directory"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert refusal(tmp_path / "pipe.txt")[0] == "is not a regular file"


def test_the_report_of_a_cut_page_names_the_parts_read(tmp_path: Path) -> None:
    path = write(tmp_path, "page.txt", PAGE[: PAGE.index("Reviewer scorecard")])
    [file] = read_files([path]).files
    assert file.read == ("title", "left card")
    assert file.unread == ("right card", "scorecard", "closing lines")
