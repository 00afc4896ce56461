"""`digest readers import` and `export`."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from digest.app import App
from digest.cli.reader_files import output, rejects_file
from digest.cli.reader_options import Confirmed, EditionSlug, Source, operator
from digest.cli.reader_tables import import_sentence
from digest.cli.runtime import JsonFlag, console, print_json, run
from schedules.editions import get_edition
from subscribers import importing
from subscribers.exporting import csv_writer, json_lines_writer, reader_rows
from subscribers.importing import Report
from subscribers.states import SubscriptionState


class ExportFormat(StrEnum):
    """What `export` writes."""

    CSV = "csv"
    JSON_LINES = "jsonl"


def import_readers(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON list or JSON Lines.")],
    edition: EditionSlug = "weekly",
    confirmed: Confirmed = False,
    source: Source = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Write the rows that could not be taken to this CSV file.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Store the good rows of a file, all or none; nobody who left is brought back."""
    origin = source or f"import of {path.name}, {operator()}"

    async def work(app: App) -> Report:
        with (
            rejects_file(rejects) as on_reject,
            importing.check(path, app.keyring, on_reject) as checked,
        ):
            opened = app.store.read() if dry_run else app.store.write()
            async with opened as session:
                await get_edition(session, edition)
                if dry_run:
                    return await importing.plan(
                        session, checked, edition=edition, confirmed=confirmed
                    )
                return await importing.store(
                    session,
                    checked,
                    edition=edition,
                    confirmed=confirmed,
                    source=origin,
                    now=app.clock(),
                )

    report = run(work)
    if as_json:
        print_json({**asdict(report), "dry_run": dry_run})
    else:
        _print_report(report, confirmed=confirmed, dry_run=dry_run, rejects=rejects)
    if report.rows and report.rejected == report.rows:
        raise typer.Exit(1)


def _print_report(report: Report, *, confirmed: bool, dry_run: bool, rejects: Path | None) -> None:
    console.print(("Would be: " if dry_run else "") + import_sentence(report))
    for reject in report.examples[1:]:
        console.print(f"  {reject}")
    if report.rejected and rejects:
        console.print(f"The rejected rows are in {rejects}.")
    elif report.rejected > len(report.examples):
        console.print("All of them: --rejects FILE")
    if report.new and not confirmed:
        console.print("The new ones are pending: they get nothing until they sign up and confirm.")


def export_readers(
    edition: Annotated[str | None, typer.Option(help="Only readers of this edition.")] = None,
    state: Annotated[SubscriptionState | None, typer.Option(help="Only those.")] = None,
    form: Annotated[ExportFormat, typer.Option("--format")] = ExportFormat.CSV,
    out: Annotated[Path | None, typer.Option(help="Default: standard output.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="The same as --format jsonl: an object a line.")
    ] = False,
) -> None:
    """Write all readers with their states, however many."""

    async def work(app: App) -> None:
        with output(out) as file:
            lines = as_json or form is ExportFormat.JSON_LINES
            write = json_lines_writer(file) if lines else csv_writer(file)
            async with app.store.read() as session:
                async for row in reader_rows(session, edition=edition, state=state):
                    write(row)

    run(work)


def register(app: typer.Typer) -> None:
    """Add both commands to the reader commands."""
    app.command("import")(import_readers)
    app.command("export")(export_readers)
