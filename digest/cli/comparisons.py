"""`digest comparisons …`: import, show and edit comparisons."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from digest.catalogue.edits import Edits, FactEdit, PanelEdit, PersonaEdit
from digest.catalogue.pages.json_model import json_schema
from digest.cli.comparison_tables import (
    print_changes,
    print_comparison,
    print_import,
    print_list,
)
from digest.cli.options import command_line_actor
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.cli.times import parse_past
from digest.errors import UsageError
from digest.services.comparisons.edit import (
    edit_comparison,
    restore_comparison,
    withdraw_comparison,
)
from digest.services.comparisons.import_files import import_files
from digest.services.comparisons.listing import list_comparisons as list_all
from digest.services.comparisons.show import export_comparisons, show_comparison

app = typer.Typer(help="Import, show and edit comparisons.", no_args_is_help=True)

Slug = Annotated[str, typer.Argument(help="The comparison's slug, as `list` shows it.")]
MANY_FILES = 20


@app.command("import")
def import_comparisons(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Pages (.txt), JSON files, or folders of them."),
    ],
    as_of: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The date of the pages, YYYY-MM-DD[THH:MM] in UTC."),
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only show what would change.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Store comparison pages: all of them or none. Importing them again changes nothing."""
    instant = parse_past(as_of, "--as-of") if as_of else None
    actor = command_line_actor()
    with _progress() as on_read:
        report = run(
            lambda app: import_files(
                app, actor, paths, as_of=instant, dry_run=dry_run, on_read=on_read
            )
        )
    if as_json:
        print_json(report)
    else:
        print_import(report)
    if report.errors:
        raise typer.Exit(1)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A progress bar on the terminal for imports of many files."""
    terminal = Console(stderr=True)
    with Progress(console=terminal, transient=True, disable=not terminal.is_terminal) as progress:
        bar = progress.add_task("Reading", total=None, visible=False)

        def on_read(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total, visible=total >= MANY_FILES)

        yield on_read


@app.command("list")
def list_comparisons(
    withdrawn: Annotated[bool, typer.Option("--withdrawn", help="Include withdrawn ones.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """List all comparisons, newest first."""
    found = run(lambda app: list_all(app, include_withdrawn=withdrawn))
    if as_json:
        print_json(found)
    else:
        print_list(found)


@app.command()
def show(slug: Slug, as_json: JsonFlag = False) -> None:
    """Show everything known of a comparison and its tools."""
    found = run(lambda app: show_comparison(app, slug))
    if as_json:
        print_json(found)
    else:
        print_comparison(found)


@app.command()
def export() -> None:
    """Print all comparisons, withdrawn ones too, as one JSON file that `import` reads."""
    print_json(run(export_comparisons))


@app.command()
def schema() -> None:
    """Print the JSON Schema of the format that `import` reads."""
    print_json(json_schema())


@app.command()
def edit(
    slug: Slug,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="The comparison's page on the web.")
    ] = None,
    short_name: Annotated[
        list[str] | None,
        typer.Option(metavar="TOOL=NAME", help="A tool's name in subjects."),
    ] = None,
    persona: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TOOL:N=PERSONA", help="Who gave a review; N is its number in `show`."
        ),
    ] = None,
    panel: Annotated[
        list[str] | None,
        typer.Option(metavar="TOOL=SHIP/SKIP", help="Correct a panel's counts, such as left=3/1."),
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="TOOL:FACT=VALUE",
            help="url, category, tagline, entry, pricing, best_for, description or community.",
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Change facts. TOOL is left, right, a slug or a name; an empty value clears.

    Options may be repeated. A tool's facts and reviews change in all its comparisons.

        digest comparisons edit a-vs-b --url https://example.org/a-b \\
            --short-name left=A --persona right:2=Skeptic
    """
    edits = Edits(
        url=url,
        facts=[
            *(FactEdit.parse_short_name(text) for text in short_name or ()),
            *(FactEdit.parse(text) for text in fact or ()),
        ],
        personas=[PersonaEdit.parse(text) for text in persona or ()],
        panels=[PanelEdit.parse(text) for text in panel or ()],
    )
    if not edits:
        raise UsageError("nothing to edit: see `digest comparisons edit --help`")
    edited = run(lambda app: edit_comparison(app, command_line_actor(), slug, edits))
    if as_json:
        print_json(edited)
    elif edited.changes:
        print_changes(edited.changes)
    else:
        console.print("No changes: those values were already set.")


@app.command()
def withdraw(
    slug: Slug,
    reason: Annotated[str, typer.Option(help="Why. It is kept, and shown on the page.")],
    as_json: JsonFlag = False,
) -> None:
    """Withdraw a comparison: no later issue carries it. Nothing is deleted."""
    withdrawn = run(lambda app: withdraw_comparison(app, command_line_actor(), slug, reason=reason))
    if as_json:
        print_json(withdrawn)
    else:
        console.print(f"Withdrawn: {withdrawn.title}")
        console.print(f"To undo: digest comparisons restore {slug}")


@app.command()
def restore(slug: Slug, as_json: JsonFlag = False) -> None:
    """Undo a withdrawal."""
    restored = run(lambda app: restore_comparison(app, command_line_actor(), slug))
    if as_json:
        print_json(restored)
    else:
        console.print(f"Restored: {restored.title}")
