"""From a file to a spool of addresses; what cannot be taken is told row by row."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TextIO

from subscribers.address import EmailAddress, InvalidAddress
from subscribers.importing.csv_rows import Candidate, read_csv
from subscribers.importing.json_rows import read_json_lines, read_json_list
from subscribers.importing.spool import Spool, Spooled
from subscribers.importing.text_files import open_text, read_lines
from subscribers.keys import Keyring

CHUNK = 5_000
EXAMPLES = 10
LONGEST_VALUE_SHOWN = 300


@dataclass(frozen=True)
class Reject:
    """A row that could not be taken; `reason` completes "row 17 …"."""

    row: int
    value: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row} {self.reason}"


OnReject = Callable[[Reject], None]


@dataclass
class Checked:
    """What a file holds: the good addresses, each once, and the first rejects as examples."""

    spool: Spool
    rows: int = 0
    duplicates: int = 0
    rejected: int = 0
    examples: list[Reject] = field(default_factory=list)


@contextmanager
def check(path: Path, keyring: Keyring, on_reject: OnReject | None = None) -> Iterator[Checked]:
    """Read and check a CSV, JSON or JSON Lines file of any size in flat memory.

    `on_reject` gets every reject as it is found. Raises `UnreadableFile`.
    """
    with Spool() as spool:
        checked = Checked(spool)
        with open_text(path) as file:
            addresses = _addresses(_candidates(file), checked, keyring, on_reject)
            while chunk := list(islice(addresses, CHUNK)):
                spool.add(chunk)
        checked.duplicates = checked.rows - checked.rejected - spool.sort()
        yield checked


def _candidates(file: TextIO) -> Iterator[Candidate]:
    kind = file.read(LONGEST_VALUE_SHOWN).lstrip()[:1]
    file.seek(0)
    if kind == "[":
        return read_json_list(file)
    if kind == "{":
        return read_json_lines(read_lines(file))
    return read_csv(read_lines(file))


def _addresses(
    candidates: Iterator[Candidate],
    checked: Checked,
    keyring: Keyring,
    on_reject: OnReject | None,
) -> Iterator[Spooled]:
    for candidate in candidates:
        checked.rows += 1
        try:
            if candidate.problem:
                raise InvalidAddress(candidate.problem)
            address = EmailAddress.parse(candidate.value)
        except InvalidAddress as error:
            shown = candidate.value[:LONGEST_VALUE_SHOWN]
            _reject(Reject(candidate.row, shown, error.reason), checked, on_reject)
        else:
            normalised = address.normalised
            yield Spooled(keyring.address_hash(normalised), address.wire, normalised)


def _reject(reject: Reject, checked: Checked, on_reject: OnReject | None) -> None:
    checked.rejected += 1
    if len(checked.examples) < EXAMPLES:
        checked.examples.append(reject)
    if on_reject is not None:
        on_reject(reject)
