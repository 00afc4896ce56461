"""Text files in any common encoding, of bounded size, read one line at a time."""

import codecs
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from subscribers.errors import UnreadableFile

MAXIMUM_BYTES = 1_000_000_000
MAXIMUM_LINE = 65_536
SAMPLE = 4_096
SURROGATE = re.compile("[\udc80-\udcff]")

COMPRESSED = {
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"PK\x03\x04": "a zip archive or a workbook; unpack it, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "a workbook; save the sheet as CSV",
    b"BZh": "compressed with bzip2; unpack it first",
    b"\xfd7zXZ": "compressed with xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it first",
}
MARKS = {  # UTF-32 first: its mark begins like that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


GUESS = "cp1252"  # what most files were written in that are not UTF-8


@contextmanager
def open_text(path: Path, encoding: str | None = None) -> Iterator[TextIO]:
    """Open a file in `encoding`, or in the one it has. Raises `UnreadableFile`.

    Bytes that are not UTF-8 become lone surrogates, which `guess_letters` replaces.
    """
    try:
        found = _encoding(path)
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror}") from None
    chosen = _known(encoding) if encoding else found
    errors = "surrogateescape" if chosen == found == "utf-8" and not encoding else "replace"
    try:
        file = path.open(encoding=chosen, errors=errors, newline="")
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror}") from None
    with file:
        yield file


def guess_letters(cells: Sequence[str]) -> tuple[Sequence[str], bool]:
    """The cells, those that are not UTF-8 read as Windows-1252; and whether there was one.

    Line by line, since one letter in another encoding says nothing about the other lines.
    """
    if "".join(cells).isascii() or not any(map(SURROGATE.search, cells)):
        return cells, False
    return [_guessed(cell) if SURROGATE.search(cell) else cell for cell in cells], True


def _guessed(cell: str) -> str:
    # JSON can spell lone surrogates of its own.
    return cell.encode("utf-8", "surrogateescape").decode(GUESS, "replace")


def _known(encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)  # refuses codecs that are not of text, such as "hex"
    except (LookupError, ValueError):
        raise UnreadableFile(
            f"there is no encoding {encoding!r}; for example: utf-8, cp1252, cp1251, mac-roman"
        ) from None
    return "utf-8-sig" if codec.name == "utf-8" else codec.name


def read_lines(file: TextIO) -> Iterator[str]:
    """The lines with their ends. Raises `UnreadableFile` for one that is too long."""
    number = 0
    while line := file.readline(MAXIMUM_LINE + 1):
        number += 1
        if len(line) > MAXIMUM_LINE:
            raise UnreadableFile(f"line {number} has more than {MAXIMUM_LINE:,} characters")
        yield line


def _encoding(path: Path) -> str:
    """By the byte order mark, else UTF-16 by its zeros, else UTF-8."""
    # Before it is opened: a pipe or a device has no end.
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableFile(f"{path} is not a file")
    if status.st_size > MAXIMUM_BYTES:
        raise UnreadableFile(f"{path.name} is over {MAXIMUM_BYTES:,} bytes; split it")
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    for magic, what in COMPRESSED.items():
        if start.startswith(magic):
            raise UnreadableFile(f"{path.name} is {what}")
    for mark, encoding in MARKS.items():
        if start.startswith(mark):
            return encoding
    return _utf16_without_mark(start) or "utf-8"


def _utf16_without_mark(start: bytes) -> str | None:
    """In UTF-16, every second byte of mostly Latin text is zero."""
    half = len(start) // 2
    if half and start[1::2].count(0) > half * 0.7:
        return "utf-16-le"
    if half and start[0::2].count(0) > half * 0.7:
        return "utf-16-be"
    return None
