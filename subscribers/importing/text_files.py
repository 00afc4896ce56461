"""Text files in any common encoding, of bounded size, read one line at a time."""

import codecs
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from subscribers.errors import UnreadableFile

MAXIMUM_BYTES = 1_000_000_000
MAXIMUM_LINE = 65_536
SAMPLE = 4_096

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


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a file in the encoding it has. Raises `UnreadableFile`."""
    try:
        file = path.open(encoding=_encoding(path), errors="replace", newline="")
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror}") from None
    with file:
        yield file


def read_lines(file: TextIO) -> Iterator[str]:
    """The lines with their ends. Raises `UnreadableFile` for one that is too long."""
    number = 0
    while line := file.readline(MAXIMUM_LINE + 1):
        number += 1
        if len(line) > MAXIMUM_LINE:
            raise UnreadableFile(f"line {number} has more than {MAXIMUM_LINE:,} characters")
        yield line


def _encoding(path: Path) -> str:
    """By the byte order mark, else UTF-16 by its zeros, else UTF-8 if valid, else Windows-1252."""
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
    return _utf16_without_mark(start) or ("utf-8" if _is_utf8(path) else "cp1252")


def _utf16_without_mark(start: bytes) -> str | None:
    """In UTF-16, every second byte of mostly Latin text is zero."""
    half = len(start) // 2
    if half and start[1::2].count(0) > half * 0.7:
        return "utf-16-le"
    if half and start[0::2].count(0) > half * 0.7:
        return "utf-16-be"
    return None


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with suppress(UnicodeDecodeError), path.open("rb") as file:
        while block := file.read(1 << 20):
            decoder.decode(block)
        decoder.decode(b"", final=True)
        return True
    return False
