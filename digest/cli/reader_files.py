"""The files that the reader commands write: exports, and the rows that an import rejected."""

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from digest.errors import DigestError
from subscribers.exporting import neutralised
from subscribers.importing import Reject


@contextmanager
def output(path: Path | None) -> Iterator[TextIO]:
    """The file at `path`, or standard output."""
    if path is None:
        yield sys.stdout
        return
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise DigestError(f"cannot write {path}: {error.strerror}") from None
    with file:
        yield file


@contextmanager
def rejects_file(path: Path | None) -> Iterator[Callable[[Reject], None] | None]:
    """What takes the rejected rows of an import, as a CSV file; None without a `path`."""
    if path is None:
        yield None
        return
    with output(path) as file:
        writer = csv.writer(file)
        writer.writerow(("row", "value", "reason"))
        yield lambda reject: writer.writerow((reject.row, neutralised(reject.value), reject.reason))
