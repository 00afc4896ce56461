"""`digest migrate-store`: from the embedded store to PostgreSQL."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from digest.cli.runtime import JsonFlag, console, print_json, run_loop
from digest.services.installation.migrate_store import Copied, copy_store
from digest.settings import load_settings


def migrate_store(
    to_url: Annotated[
        str,
        typer.Argument(metavar="TO_URL", help="postgresql+psycopg://user@host/database, empty."),
    ],
    as_json: JsonFlag = False,
) -> None:
    """Copy the SQLite store to an empty PostgreSQL, all or nothing; the old one stays as it is."""
    terminal = Console(stderr=True)
    columns = (TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=terminal, transient=True, disable=not terminal.is_terminal
    ) as progress:
        bars = {}

        def show(table: str, done: int, total: int) -> None:
            if table not in bars:
                bars[table] = progress.add_task(table, total=total)
            progress.update(bars[table], completed=done)

        copied = run_loop(copy_store(load_settings().store_url, to_url, show))
    if as_json:
        print_json({"tables": [asdict(entry) for entry in copied]})
    else:
        _print(copied)


def _print(copied: list[Copied]) -> None:
    table = Table("table", "before", "now", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for entry in copied:
        table.add_row(entry.table, f"{entry.source:,}", f"{entry.target:,}")
    console.print(table)
    console.print("Copied and counted. Next: set DIGEST_DATABASE_URL to it, then `digest serve`.")
