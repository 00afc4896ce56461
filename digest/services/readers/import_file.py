"""Importing readers from a file: the good rows are stored, all or none."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from digest.app import App
from digest.services.actor import Actor
from digest.services.editions.default import chosen_edition
from digest.services.result import Result
from subscribers import importing
from subscribers.exporting import neutralised
from subscribers.importing import ImportCounts, RejectedRow


class ReaderImportReport(Result):
    """What an import did, or with `dry_run` would do.

    All but `examples`, the first ten rejected rows, are counts of rows.
    """

    rows: int
    new: int
    activated: int
    known: int
    unsubscribed: int
    suppressed: int
    erased: int
    duplicates: int
    rejected: int
    examples: tuple[RejectedRow, ...]
    dry_run: bool


async def import_readers(
    app: App,
    actor: Actor,
    path: Path,
    *,
    edition: str | None = None,
    confirmed: bool = False,
    source: str | None = None,
    rejects: TextIO | None = None,
) -> ReaderImportReport:
    """Store the good rows of a CSV, JSON or JSON Lines file in one transaction.

    With `confirmed` the readers are active at once, else pending. `source` says where
    consent was given; without it the consent log names the file and the actor. All
    rejected rows are written to `rejects` as CSV. Raises `UnreadableFile`, and
    `ScheduleError` or `UsageError` for the edition.
    """
    origin = source or f"import of {path.name}, {actor.name or actor}"
    with importing.check(path, app.keyring, _reject_writer(rejects)) as checked:
        async with app.store.write() as session:
            chosen = await chosen_edition(session, edition)
            counts = await importing.store(
                session,
                checked,
                edition=chosen.slug,
                confirmed=confirmed,
                source=origin,
                now=app.clock(),
            )
    return _report(counts, dry_run=False)


async def plan_import(
    app: App,
    path: Path,
    *,
    edition: str | None = None,
    confirmed: bool = False,
    rejects: TextIO | None = None,
) -> ReaderImportReport:
    """What `import_readers` would do now; writes nothing but `rejects`. Raises the same."""
    with importing.check(path, app.keyring, _reject_writer(rejects)) as checked:
        async with app.store.read() as session:
            chosen = await chosen_edition(session, edition)
            counts = await importing.plan(
                session, checked, edition=chosen.slug, confirmed=confirmed
            )
    return _report(counts, dry_run=True)


def _report(counts: ImportCounts, *, dry_run: bool) -> ReaderImportReport:
    return ReaderImportReport(**vars(counts), dry_run=dry_run)


def _reject_writer(file: TextIO | None) -> Callable[[RejectedRow], None] | None:
    """What writes each rejected row to a CSV file, safe to open in a spreadsheet."""
    if file is None:
        return None
    writer = csv.writer(file)
    writer.writerow(("row", "value", "reason"))
    return lambda row: writer.writerow((row.row, neutralised(row.value), row.reason))
