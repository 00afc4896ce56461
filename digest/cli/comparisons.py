"""`digest comparisons …`: what there is to say."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from digest.app import App
from digest.catalogue import editing, queries
from digest.catalogue.changes import FactChange
from digest.catalogue.edit_words import parse_fact, parse_panel, parse_persona
from digest.catalogue.importing.import_pages import ImportReport, import_pages
from digest.catalogue.json_form import Histories, listed, shown
from digest.catalogue.pages.json_model import json_schema
from digest.catalogue.pages.read_files import ImportInput, read_files
from digest.catalogue.views import ComparisonView
from digest.cli.comparison_tables import (
    print_changes,
    print_comparison,
    print_import,
    print_list,
)
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.errors import UsageError
from digest.store import Queue

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
        typer.Option(metavar="DATE", help="When the pages were so, YYYY-MM-DD[THH:MM]; UTC."),
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only show what would change.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Store comparison pages, all or none; importing them again changes nothing."""
    instant = _parse_instant(as_of) if as_of else None
    report = run(lambda app: _import(app, paths, instant, dry_run=dry_run))
    if as_json:
        print_json(report)
    else:
        print_import(report)
    if report.errors:
        raise typer.Exit(1)


async def _import(
    app: App, paths: Iterable[Path], as_of: datetime | None, *, dry_run: bool
) -> ImportReport:
    now = app.clock()
    if as_of and as_of > now:
        raise UsageError(f"--as-of {as_of:%Y-%m-%d %H:%M} lies in the future")
    reading = _read_with_progress(paths)
    opened = app.store.read() if dry_run else app.store.write(Queue.EDITING)
    async with opened as session:
        return await import_pages(session, reading, as_of=as_of or now, dry_run=dry_run)


def _read_with_progress(paths: Iterable[Path]) -> ImportInput:
    terminal = Console(stderr=True)
    with Progress(console=terminal, transient=True, disable=not terminal.is_terminal) as progress:
        bar = progress.add_task("Reading", total=None, visible=False)

        def on_read(done: int, of: int) -> None:
            progress.update(bar, completed=done, total=of, visible=of >= MANY_FILES)

        return read_files(paths, on_read)


def _parse_instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of {text!r} is no date; write YYYY-MM-DD") from None
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)


@app.command("list")
def list_comparisons(
    withdrawn: Annotated[bool, typer.Option("--withdrawn", help="Withdrawn ones too.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """All comparisons, newest first."""

    async def work(app: App) -> list[ComparisonView]:
        async with app.store.read() as session:
            return await queries.comparisons(session, include_withdrawn=withdrawn)

    found = run(work)
    if as_json:
        print_json([listed(view) for view in found])
    else:
        print_list(found)


@app.command()
def show(slug: Slug, as_json: JsonFlag = False) -> None:
    """One comparison with everything known of its tools."""

    async def work(app: App) -> tuple[ComparisonView, Histories]:
        async with app.store.read() as session:
            view = await queries.comparison(session, slug)
            tools = (view.left.slug, view.right.slug)
            return view, {tool: await queries.verdict_history(session, tool) for tool in tools}

    view, histories = run(work)
    if as_json:
        print_json(shown(view, histories))
    else:
        print_comparison(view, histories)


@app.command()
def export() -> None:
    """All comparisons, withdrawn ones too, as one JSON file that `import` reads."""

    async def work(app: App) -> list[dict[str, Any]]:
        async with app.store.read() as session:
            views = await queries.comparisons(session, include_withdrawn=True)
            return [shown(view, {}) for view in views]

    print_json(run(work))


@app.command()
def schema() -> None:
    """The JSON Schema of what `import` reads."""
    print_json(json_schema())


@app.command()
def edit(
    slug: Slug,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="The comparison's page on the web.")
    ] = None,
    short_name: Annotated[
        list[str] | None,
        typer.Option(metavar="TOOL=NAME", help="What a tool is called in subjects."),
    ] = None,
    persona: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TOOL:N=PERSONA", help="Who spoke: N counts a tool's reviews as `show` does."
        ),
    ] = None,
    panel: Annotated[
        list[str] | None,
        typer.Option(metavar="TOOL=SHIP/SKIP", help="Correct a panel, such as left=3/1."),
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
    """Change facts by hand. TOOL is left, right, a slug or a name; an empty value clears.

    Options may be repeated. A tool's facts and reviews change in all its comparisons.

        digest comparisons edit a-vs-b --url https://example.org/a-b \\
            --short-name left=A --persona right:2=Skeptic
    """
    edits = editing.Edits(
        url=url,
        facts=[
            *(parse_fact(text, fact="short_name") for text in short_name or ()),
            *(parse_fact(text) for text in fact or ()),
        ],
        personas=[parse_persona(text) for text in persona or ()],
        panels=[parse_panel(text) for text in panel or ()],
    )
    if not edits:
        raise UsageError("nothing to edit: see `digest comparisons edit --help`")

    async def work(app: App) -> list[FactChange]:
        async with app.store.write(Queue.EDITING) as session:
            return await editing.edit_comparison(session, slug, edits, now=app.clock())

    changes = run(work)
    if as_json:
        print_json({"slug": slug, "changes": changes})
    elif changes:
        print_changes(changes)
    else:
        console.print("Nothing changed: it was so already.")


@app.command()
def withdraw(
    slug: Slug,
    reason: Annotated[str, typer.Option(help="Why; kept, and shown where it is missing.")],
    as_json: JsonFlag = False,
) -> None:
    """Take a comparison back: no later issue carries it, nothing is deleted."""

    async def work(app: App) -> ComparisonView:
        async with app.store.write(Queue.EDITING) as session:
            await editing.withdraw(session, slug, reason=reason, now=app.clock())
        async with app.store.read() as session:
            return await queries.comparison(session, slug)

    view = run(work)
    if as_json:
        print_json(shown(view, {}))
    else:
        console.print(f"Withdrawn: {view.title}")
        console.print(f"To undo: digest comparisons restore {slug}")


@app.command()
def restore(slug: Slug, as_json: JsonFlag = False) -> None:
    """Undo a withdrawal."""

    async def work(app: App) -> ComparisonView:
        async with app.store.write(Queue.EDITING) as session:
            await editing.restore(session, slug)
        async with app.store.read() as session:
            return await queries.comparison(session, slug)

    view = run(work)
    if as_json:
        print_json(shown(view, {}))
    else:
        console.print(f"Back again: {view.title}")
