"""How readers are shown on a terminal."""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from digest.cli.runtime import console
from digest.services.readers.import_file import ReaderImportReport
from digest.services.readers.list import ListedReader
from digest.services.readers.show import ReaderDetails
from digest.services.readers.suppress_file import SuppressedFile

# The counts of an import in the order they are printed, and what each is called there.
IMPORT_COUNTS = {
    "new": "new",
    "activated": "now confirmed",
    "left": "left there: now suppressed as unsubscribe",
    "bounced": "bounced there: now suppressed as bounce",
    "complained": "complained there: now suppressed as complaint",
    "blocked": "not to be mailed there: now suppressed as manual",
    "ended": "ended there: ended here",
    "unconfirmed": "unconfirmed there (not imported)",
    "without_consent": "without consent (not imported)",
    "known": "known",
    "unsubscribed": "unsubscribed earlier (left alone)",
    "suppressed": "suppressed (left alone)",
    "erased": "erased (left alone)",
    "duplicates": "twice in the file",
    "rejected": "rejected",
    "other_editions": "of other editions (left out)",
}


def print_import(report: ReaderImportReport, *, confirmed: bool, rejects: Path | None) -> None:
    """The counts of an import, the first rejected rows, and what to do next."""
    console.print(("Would be: " if report.dry_run else "") + import_sentence(report))
    for heading, counted in report.values.items():
        values = ", ".join(f"{count:,} {value}" for value, count in counted.items())
        console.print(Text(f"  {heading}: {values}"))
    for reject in report.examples[1:]:
        console.print(f"  {reject}")
    if report.rejected and rejects:
        console.print(f"The rejected rows are in {rejects}.")
    elif report.rejected > len(report.examples):
        console.print("To get all of them: --rejects FILE")
    if report.new and not confirmed:
        console.print("The new ones are pending: they get nothing until they sign up and confirm.")


def import_sentence(report: ReaderImportReport) -> str:
    """Like "9,812 new, 140 known, 48 rejected: row 17 has no @"; counts of zero are left out."""
    counts = [(getattr(report, name), words) for name, words in IMPORT_COUNTS.items()]
    sentence = ", ".join(f"{count:,} {words}" for count, words in counts if count)
    first = f": {report.examples[0]}" if report.examples else ""
    return f"{sentence or 'no rows'}{first}"


def print_suppressed_file(report: SuppressedFile) -> None:
    """How many addresses of a file get no mail from now on."""
    counts = (
        (report.suppressed, "suppressed"),
        (report.already, "suppressed earlier"),
        (report.duplicates, "twice in the file"),
        (report.rejected, "rejected"),
    )
    sentence = ", ".join(f"{count:,} {words}" for count, words in counts if count)
    console.print(("Would be: " if report.dry_run else "") + (sentence or "no rows"))
    for reject in report.examples:
        console.print(f"  {reject}")


def print_rows(rows: Sequence[ListedReader]) -> None:
    """A line for each reader and edition."""
    table = Table("id", "address", "edition", "state", "suppressed", box=None, header_style="bold")
    for row in rows:
        cells = (row.address, row.edition or "—", row.state or "—", row.suppressed or "")
        table.add_row(str(row.id), *cells)
    console.print(table)


def print_reader(reader: ReaderDetails) -> None:
    """One reader with the consent log, oldest entry first."""
    erased = f"erased {reader.erased_at:%Y-%m-%d}" if reader.erased_at else ""
    console.print(Text(reader.address or erased or "not a reader", "bold"))
    for subscription in reader.editions:
        console.print(f"  {subscription.edition}: {subscription.state}")
    for request in reader.waiting:
        cap = f", the mail waits for the cap: {request.waits_for}" if request.waits_for else ""
        console.print(f"  asked for {request.edition} {request.requested_at:%Y-%m-%d %H:%M}{cap}")
    for entry in reader.suppressed:
        console.print(f"  suppressed: {entry.reason}, {entry.at:%Y-%m-%d}, {entry.source}")
    for event in reader.consent:
        edition = f" {event.edition}" if event.edition else ""
        console.print(f"  {event.at:%Y-%m-%d %H:%M} {event.kind}{edition}: {event.source}")
