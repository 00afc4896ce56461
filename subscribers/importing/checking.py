"""From a file to a spool of valid addresses; invalid rows are reported one by one."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TextIO

from subscribers.address import EmailAddress, InvalidAddress
from subscribers.importing.csv_rows import read_csv
from subscribers.importing.json_rows import read_json_lines, read_json_list, refuse_wrapped
from subscribers.importing.rows import Row
from subscribers.importing.spool import Spool, Spooled
from subscribers.importing.standing import Standing, fold
from subscribers.importing.survey import Choices, Layout, Survey
from subscribers.importing.text_files import open_text, read_lines
from subscribers.keys import Keyring
from subscribers.states import SubscriptionState, SuppressionReason
from subscribers.suppression import ENDING

CHUNK = 5_000  # addresses
EXAMPLES = 10
LONGEST_VALUE_SHOWN = 300  # characters
GUESSED = "was not written in UTF-8, and its address has letters beyond ASCII; give --encoding"
NOTHING_CHOSEN = Choices()


@dataclass(frozen=True)
class RejectedRow:
    """A row without a valid address; `reason` completes "row 17 …"."""

    row: int
    value: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row} {self.reason}"


@dataclass(frozen=True)
class MendableRow(RejectedRow):
    """The same with what else the file says of the reader, so that nothing of it gets lost.

    The texts are the values of `CheckedFile.kept_headings`.
    """

    kept: tuple[str, ...] = ()


OnReject = Callable[[MendableRow], None]


@dataclass
class CheckedFile:
    """The content of a file: the valid addresses, each once, and the first rejected rows.

    `values` are the columns that tell the standing, with how often each value is there.
    """

    spool: Spool
    rows: int = 0
    duplicates: int = 0
    rejected: int = 0
    other_editions: int = 0
    examples: list[RejectedRow] = field(default_factory=list)
    values: dict[str, Counter[str]] = field(default_factory=dict)
    kept_headings: tuple[str, ...] = ()

    def choose_edition(self, edition: str) -> None:
        """Take what the file says of one edition, or of the only one it names, for this one."""
        named = self.spool.editions()
        if len(named) > 1:
            self.other_editions = self.spool.keep(edition)
        elif named:
            self.spool.rename(named[0])


@contextmanager
def check(
    path: Path,
    keyring: Keyring,
    on_reject: OnReject | None = None,
    choices: Choices = NOTHING_CHOSEN,
    *,
    survey: Survey | None = None,
) -> Iterator[CheckedFile]:
    """Read and check a CSV, JSON or JSON Lines file of any size in flat memory.

    It is read twice: first for what its columns say (`survey`, if that was done before), then
    for its addresses. `on_reject` is called with every rejected row. Raises `UnreadableFile`.
    """
    survey = survey or survey_file(path, choices)
    with Spool() as spool:
        checked = CheckedFile(spool, values=survey.values, kept_headings=kept_headings(survey))
        with open_text(path, choices.encoding) as file:
            spooled = _Checker(survey, checked, keyring, on_reject).spooled(_rows(file, choices))
            while chunk := list(islice(spooled, CHUNK)):
                spool.add(chunk)
        checked.duplicates = checked.rows - checked.rejected - spool.sort()
        yield checked


def survey_file(path: Path, choices: Choices = NOTHING_CHOSEN) -> Survey:
    """What the columns of a file say. Raises `UnreadableFile`."""
    with open_text(path, choices.encoding) as file:
        return Survey(choices).read(_rows(file, choices))


def kept_headings(survey: Survey) -> tuple[str, ...]:
    """The headings of `MendableRow.kept`; a file with them is read as the original is."""
    if survey.is_own:
        return ("edition", "state", "suppressed")
    return ("status",) if survey.tells_standing else ()


def _rows(file: TextIO, choices: Choices) -> Iterator[Row]:
    kind = file.read(LONGEST_VALUE_SHOWN).lstrip("\ufeff \t\r\n")[:1]
    file.seek(0)
    if kind == "[":
        return read_json_list(file)
    if kind == "{":
        refuse_wrapped(file)
        return read_json_lines(read_lines(file))
    named = choices.column is not None and not choices.column.isdecimal()
    return read_csv(read_lines(file), headings=named)


class _Checker:
    def __init__(
        self, survey: Survey, checked: CheckedFile, keyring: Keyring, on_reject: OnReject | None
    ) -> None:
        self._survey, self._checked = survey, checked
        self._keyring, self._on_reject = keyring, on_reject

    def spooled(self, rows: Iterator[Row]) -> Iterator[Spooled]:
        """The readers of valid rows; the others are reported."""
        for row in rows:
            self._checked.rows += 1
            if row.problem:
                self._reject(row, row.cells[0] if len(row.cells) == 1 else "", row.problem, None)
                continue
            layout = self._survey.layout(row)
            value = _cell(row, layout.address)
            try:
                yield self._reader(row, layout, self._address(row, value))
            except InvalidAddress as error:
                self._reject(row, value, error.reason, layout)

    def _address(self, row: Row, value: str) -> EmailAddress:
        if not value.strip():
            raise InvalidAddress("has no address")
        if row.guessed and not value.isascii():
            raise InvalidAddress(GUESSED)
        return EmailAddress.parse(value)

    def _reader(self, row: Row, layout: Layout, address: EmailAddress) -> Spooled:
        standing = self._survey.standing(row, layout)
        normalised = address.normalised
        address_hash = self._keyring.address_hash(normalised)
        edition = state = reasons = ""
        order = standing.severity
        if layout.edition is not None and layout.suppressed is not None:
            edition, state = _cell(row, layout.edition), STATES.get(standing, "")
            reasons = _own_reasons(_cell(row, layout.suppressed))
            if state and any(reason in reasons.split() for reason in ENDING):
                state = SubscriptionState.ENDED.value
            order += 10 if reasons else 0
        elif standing.reason:
            reasons = f" {standing.reason} "
        said = (edition, standing, state, reasons, f"{order:02}")
        return Spooled(address_hash, address.wire, normalised, *said)

    def _reject(self, row: Row, value: str, reason: str, layout: Layout | None) -> None:
        shown = value[:LONGEST_VALUE_SHOWN]
        self._checked.rejected += 1
        if len(self._checked.examples) < EXAMPLES:
            self._checked.examples.append(RejectedRow(row.number, shown, reason))
        if self._on_reject is not None:
            kept = self._kept(row, layout)
            self._on_reject(MendableRow(row.number, shown, reason, kept))

    def _kept(self, row: Row, layout: Layout | None) -> tuple[str, ...]:
        if layout is None:
            return ("",) * len(self._checked.kept_headings)
        if layout.edition is not None and layout.state is not None:
            positions = (layout.edition, layout.state, layout.suppressed or 0)
            return tuple(_cell(row, position) for position in positions)
        standing = str(self._survey.standing(row, layout))
        return (standing,) * len(self._checked.kept_headings)


# What our own export says of an edition is stored as it was.
STATES = {
    Standing.ACTIVE: "active",
    Standing.UNCONFIRMED: "pending",
    Standing.ENDED: "ended",
    Standing.LEFT: "ended",
}


def _own_reasons(cell: str) -> str:
    """The reasons of our own export, each between spaces."""
    known = {fold(reason): reason for reason in SuppressionReason} | {
        # Its hash is keyed: elsewhere only the reader's wish can be kept, not the erasure.
        fold(SuppressionReason.ERASURE): SuppressionReason.UNSUBSCRIBE
    }
    named = [fold(part) for part in cell.split(",") if part.strip()]
    reasons = [known.get(part, SuppressionReason.MANUAL) for part in named]
    return "".join(f" {reason} " for reason in dict.fromkeys(reasons))


def _cell(row: Row, position: int) -> str:
    return row.cells[position] if 0 <= position < len(row.cells) else ""
