"""Importing readers from a file: the good rows are stored, all or none."""

import asyncio
import csv
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import UsageError
from digest.services.actor import Actor
from digest.services.editions.default import chosen_edition
from digest.services.result import Result
from schedules.editions import list_editions
from subscribers import importing
from subscribers.exporting import neutralised
from subscribers.importing import CheckedFile, Choices, ImportCounts, MendableRow, RejectedRow

AS_THE_FILE_SAYS = Choices()


class ReaderImportReport(Result):
    """What an import did, or with `dry_run` would do.

    All numbers are counts of rows; `examples` are the first ten rejected rows. `values` has for
    each column that tells who may be mailed how often each of its values is in the file.
    """

    rows: int
    new: int
    activated: int
    left: int
    bounced: int
    complained: int
    blocked: int
    ended: int
    unconfirmed: int
    without_consent: int
    known: int
    unsubscribed: int
    suppressed: int
    erased: int
    duplicates: int
    rejected: int
    other_editions: int
    examples: tuple[RejectedRow, ...]
    values: dict[str, dict[str, int]]
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
    choices: Choices = AS_THE_FILE_SAYS,
) -> ReaderImportReport:
    """Store the good rows of a CSV, JSON or JSON Lines file in one transaction.

    With `confirmed` the readers are active at once, else pending; who left, bounced or
    complained according to the file is suppressed. `source` says where consent was given;
    without it the consent log names the file and the actor. All rejected rows are written
    to `rejects` as CSV. Raises `UnreadableFile`, and `ScheduleError` or `UsageError` for
    the edition.
    """
    origin = source or f"import of {path.name}, {actor.name or actor}"
    async with (
        checked_file(app, path, rejects, choices) as checked,
        app.store.write() as session,
    ):
        counts = await importing.store(
            session,
            checked,
            edition=await _edition(session, checked, edition),
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
    choices: Choices = AS_THE_FILE_SAYS,
) -> ReaderImportReport:
    """What `import_readers` would do now; writes nothing but `rejects`. Raises the same."""
    async with (
        checked_file(app, path, rejects, choices) as checked,
        app.store.read() as session,
    ):
        counts = await importing.plan(
            session,
            checked,
            edition=await _edition(session, checked, edition),
            confirmed=confirmed,
        )
    return _report(counts, dry_run=True)


@asynccontextmanager
async def checked_file(
    app: App, path: Path, rejects: TextIO | None, choices: Choices
) -> AsyncIterator[CheckedFile]:
    """A file that was read and checked beside the event loop."""
    survey = await asyncio.to_thread(importing.survey_file, path, choices)
    write = _reject_writer(rejects, importing.kept_headings(survey))
    checking = importing.check(path, app.keyring, write, choices, survey=survey)
    checked = await asyncio.to_thread(checking.__enter__)
    try:
        yield checked
    finally:
        checking.__exit__(None, None, None)


async def _edition(session: AsyncSession, checked: CheckedFile, slug: str | None) -> str:
    """The edition of readers for whom the file names none, which only our own export does."""
    named = checked.spool.editions()
    there = {item.slug for item in await list_editions(session)}
    if slug is None and named and there.issuperset(named):
        return named[0]
    if slug is None and len(named) > 1:
        missing = ", ".join(sorted(set(named) - there))
        raise UsageError(
            f"the file has readers of editions that are not here: {missing}; create them with "
            "`digest editions set NAME --create`, or choose one with --edition"
        )
    chosen = (await chosen_edition(session, slug)).slug
    checked.choose_edition(chosen)
    return chosen


def _report(counts: ImportCounts, *, dry_run: bool) -> ReaderImportReport:
    return ReaderImportReport(**vars(counts), dry_run=dry_run)


def _reject_writer(
    file: TextIO | None, kept: tuple[str, ...]
) -> Callable[[MendableRow], None] | None:
    """What writes each rejected row to a CSV file, safe to open in a spreadsheet.

    Mended there, the file can be imported: it has what the original said of the readers.
    """
    if file is None:
        return None
    writer = csv.writer(file)
    address = "address" if "edition" in kept else "email"  # as in our own export
    writer.writerow(("row", address, *kept, "reason"))

    def write(row: MendableRow) -> None:
        cells = (row.value, *row.kept)
        writer.writerow((row.row, *map(neutralised, cells), row.reason))

    return write
