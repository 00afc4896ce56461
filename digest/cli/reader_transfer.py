"""`digest readers import` and `export`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, TextIO

import typer

from digest.app import App
from digest.cli.options import (
    Column,
    Confirmed,
    EditionSlug,
    Encoding,
    Source,
    command_line_actor,
)
from digest.cli.reader_tables import print_import
from digest.cli.runtime import JsonFlag, print_json, run
from digest.errors import DigestError
from digest.services.readers import import_file
from digest.services.readers.export_file import ExportFormat, ReaderExport
from digest.services.readers.export_file import export_readers as write_readers
from digest.services.readers.import_file import ReaderImportReport
from subscribers.importing import Choices
from subscribers.states import SubscriptionState


def import_readers(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON list or JSON Lines.")],
    edition: EditionSlug = None,
    confirmed: Confirmed = False,
    source: Source = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only report what would happen.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Write the rejected rows to this CSV file.")
    ] = None,
    status_column: Annotated[
        str | None,
        typer.Option(help="The column that tells who may be mailed: its heading or number."),
    ] = None,
    take: Annotated[
        str, typer.Option(help="Its values of readers who agreed, separated by commas.")
    ] = "",
    encoding: Encoding = None,
    column: Column = None,
    as_json: JsonFlag = False,
) -> None:
    """Store the good rows of a file, all or none; who left, here or there, is not mailed."""
    actor = command_line_actor()
    choices = Choices(encoding, column, status_column, split_values(take))

    async def work(app: App) -> ReaderImportReport:
        with _written(rejects) if rejects else nullcontext() as file:
            if dry_run:
                return await import_file.plan_import(
                    app,
                    path,
                    edition=edition,
                    confirmed=confirmed,
                    rejects=file,
                    choices=choices,
                )
            return await import_file.import_readers(
                app,
                actor,
                path,
                edition=edition,
                confirmed=confirmed,
                source=source,
                rejects=file,
                choices=choices,
            )

    report = run(work)
    if as_json:
        print_json(report)
    else:
        print_import(report, confirmed=confirmed, rejects=rejects)
    if report.rows and report.rejected == report.rows:
        raise typer.Exit(1)


def export_readers(
    edition: Annotated[str | None, typer.Option(help="Only readers of this edition.")] = None,
    state: Annotated[SubscriptionState | None, typer.Option(help="Only this state.")] = None,
    form: Annotated[ExportFormat, typer.Option("--format", help="The format.")] = ExportFormat.CSV,
    out: Annotated[Path | None, typer.Option(help="Default: standard output.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="The same as --format jsonl: one object per line.")
    ] = False,
) -> None:
    """Write all readers with their states, however many."""

    async def work(app: App) -> ReaderExport:
        chosen = ExportFormat.JSON_LINES if as_json else form
        with _written(out) if out else nullcontext(sys.stdout) as file:
            return await write_readers(app, file, chosen, edition=edition, state=state)

    run(work)


def split_values(text: str) -> tuple[str, ...]:
    """The values that an option names, separated by commas."""
    return tuple(value.strip() for value in text.split(",") if value.strip())


@contextmanager
def _written(path: Path) -> Iterator[TextIO]:
    """The file at `path`, opened for writing. Raises `DigestError`."""
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise DigestError(f"cannot write {path}: {error.strerror}") from None
    with file:
        yield file


def register(app: typer.Typer) -> None:
    """Add both commands to the reader commands."""
    app.command("import")(import_readers)
    app.command("export")(export_readers)
