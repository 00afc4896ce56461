"""`digest init`, `doctor`, `migrate-store` and `demo`: commands about the whole installation."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from digest.cli.runtime import JsonFlag, console, print_json, run_loop
from digest.demo.run_demo import run_demo
from digest.keyfile import key_file
from digest.services.installation.doctor.run_checks import run_checks
from digest.services.installation.initialise import initialise
from digest.services.installation.migrate_store import StoreCopy, copy_store
from digest.settings import load_settings

LEVEL_COLOURS = {"ok": "green", "warning": "yellow", "error": "red", "unchecked": "dim"}


def init(as_json: JsonFlag = False) -> None:
    """Create the installation here, or upgrade its database. Safe to repeat."""
    settings = load_settings()
    done = run_loop(initialise(settings))
    if as_json:
        print_json(done)
        return
    console.print(f"Database {done.database} (revision {done.revision}).")
    if done.secret_key_created:
        console.print(f"Secret key written to {key_file(settings)}: back it up.")
    console.print("Next: digest comparisons import PATH, digest readers add, digest serve")


def doctor(as_json: JsonFlag = False) -> None:
    """Check settings, database, relays, DNS and folders, and say what to correct."""
    checks = run_loop(run_checks(load_settings()))
    if as_json:
        print_json(checks)
    else:
        for check in checks:
            level = f"{check.level:<9}", LEVEL_COLOURS[check.level]
            console.print(Text.assemble(level, f"  {check.name:<14} {check.message}"))
    if any(check.level == "error" for check in checks):
        raise typer.Exit(1)


def migrate_store(
    to_url: Annotated[
        str,
        typer.Argument(metavar="TO_URL", help="postgresql+psycopg://user@host/database, empty."),
    ],
    as_json: JsonFlag = False,
) -> None:
    """Copy the SQLite store to an empty PostgreSQL database, all or nothing.

    The SQLite store stays as it is.
    """
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
        print_json(copied)
    else:
        _print_copy(copied)


def _print_copy(copied: StoreCopy) -> None:
    table = Table("table", "before", "now", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for entry in copied.tables:
        table.add_row(entry.table, f"{entry.source:,}", f"{entry.target:,}")
    console.print(table)
    console.print("Copied and counted. Next: set DIGEST_DATABASE_URL to it, then `digest serve`.")


def demo(
    serve_pages: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Keep serving until Ctrl-C.")
    ] = True,
    folder: Annotated[
        Path, typer.Option("--dir", help="Folder for the demonstration; emptied first.")
    ] = Path("var/demo"),
) -> None:
    """Play two weeks of a newsletter: import, sign-up, compose, preview, approve, send, report."""
    run_loop(run_demo(folder, keep_serving=serve_pages))
