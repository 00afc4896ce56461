"""From a file to a spool of valid addresses; invalid rows are reported one by one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TextIO

from subscribers.address import EmailAddress, InvalidAddress
from subscribers.importing.csv_rows import read_csv
from subscribers.importing.json_rows import read_json_lines, read_json_list
from subscribers.importing.rows import ImportedRow
from subscribers.importing.spool import Spool, Spooled
from subscribers.importing.text_files import open_text, read_lines
from subscribers.keys import Keyring

CHUNK = 5_000  # addresses
EXAMPLES = 10
LONGEST_VALUE_SHOWN = 300  # characters


@dataclass(frozen=True)
class RejectedRow:
    """A row without a valid address; `reason` completes "row 17 …"."""

    row: int
    value: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row} {self.reason}"


OnReject = Callable[[RejectedRow], None]


@dataclass
class CheckedFile:
    """The content of a file: the valid addresses, each once, and the first rejected rows."""

    spool: Spool
    rows: int = 0
    duplicates: int = 0
    rejected: int = 0
    examples: list[RejectedRow] = field(default_factory=list)


@contextmanager
def check(path: Path, keyring: Keyring, on_reject: OnReject | None = None) -> Iterator[CheckedFile]:
    """Read and check a CSV, JSON or JSON Lines file of any size in flat memory.

    `on_reject` is called with every rejected row. Raises `UnreadableFile`.
    """
    with Spool() as spool:
        checked = CheckedFile(spool)
        with open_text(path) as file:
            addresses = _addresses(_rows(file), checked, keyring, on_reject)
            while chunk := list(islice(addresses, CHUNK)):
                spool.add(chunk)
        checked.duplicates = checked.rows - checked.rejected - spool.sort()
        yield checked


def _rows(file: TextIO) -> Iterator[ImportedRow]:
    kind = file.read(LONGEST_VALUE_SHOWN).lstrip()[:1]
    file.seek(0)
    if kind == "[":
        return read_json_list(file)
    if kind == "{":
        return read_json_lines(read_lines(file))
    return read_csv(read_lines(file))


def _addresses(
    rows: Iterator[ImportedRow],
    checked: CheckedFile,
    keyring: Keyring,
    on_reject: OnReject | None,
) -> Iterator[Spooled]:
    for row in rows:
        checked.rows += 1
        try:
            if row.problem:
                raise InvalidAddress(row.problem)
            address = EmailAddress.parse(row.value)
        except InvalidAddress as error:
            shown = row.value[:LONGEST_VALUE_SHOWN]
            _reject(RejectedRow(row.row, shown, error.reason), checked, on_reject)
        else:
            normalised = address.normalised
            yield Spooled(keyring.address_hash(normalised), address.wire, normalised)


def _reject(reject: RejectedRow, checked: CheckedFile, on_reject: OnReject | None) -> None:
    checked.rejected += 1
    if len(checked.examples) < EXAMPLES:
        checked.examples.append(reject)
    if on_reject is not None:
        on_reject(reject)
