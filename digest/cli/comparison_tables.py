"""How comparisons and imports look on the terminal.

What pages say is printed as plain text, never as markup.
"""

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from digest.catalogue.changes import FactChange
from digest.catalogue.importing.import_pages import ImportReport
from digest.catalogue.json_form import Histories
from digest.catalogue.pages.read_files import FileReport
from digest.catalogue.verdict import Verdict
from digest.catalogue.views import ComparisonView, ReviewView, ToolView
from digest.cli.runtime import console

STYLES = {
    Verdict.SHIP: "bold white on green",
    Verdict.SKIP: "bold white on red",
    Verdict.SPLIT: "bold black on yellow",
    Verdict.NO_TAKE: "bold white on bright_black",
}
NONE = "—"
MOST_LISTED = 20


def print_list(found: Sequence[ComparisonView]) -> None:
    """Two lines a comparison: its slug unbroken, to be copied, and what the panels say."""
    if not found:
        console.print("No comparisons yet: digest comparisons import PATH")
    for view in found:
        console.print(Text(view.slug, style="dim" if view.withdrawn_at else "bold"))
        told = f"  {_categories(view)}, since {view.first_seen_at:%Y-%m-%d}"
        console.print("  ", _side(view.left), " vs ", _side(view.right), Text(told, "dim"), sep="")
        if view.withdrawn_at:
            console.print(Text(f"  withdrawn: {view.withdrawn_reason}", style="yellow"))


def _side(tool: ToolView) -> Text:
    return Text.assemble(_badge(tool.verdict), " ", tool.short_name, f" {_share(tool)}")


def _badge(verdict: Verdict) -> Text:
    return Text(f" {verdict.label} ", style=STYLES[verdict])


def _share(tool: ToolView) -> str:
    return "" if tool.panel_ship_percent is None else f"{tool.panel_ship_percent}%"


def _categories(view: ComparisonView) -> str:
    names = dict.fromkeys(name for name in (view.left.category, view.right.category) if name)
    return " / ".join(names) or NONE


def print_comparison(view: ComparisonView, histories: Histories) -> None:
    """Both tools side by side, then what each panel said, numbered for `edit --persona`."""
    console.print(Text(view.title, style="bold"))
    if view.url:
        console.print(Text(view.url, style="blue underline"))
    if view.withdrawn_at:
        since = f"{view.withdrawn_at:%Y-%m-%d}"
        console.print(Text(f"Withdrawn on {since}: {view.withdrawn_reason}", style="yellow"))
    console.print(_decision(view), soft_wrap=False)
    for tool in (view.left, view.right):
        _print_panel(tool, histories)


def _decision(view: ComparisonView) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    for tool in (view.left, view.right):
        table.add_column(Text(tool.name), ratio=1, overflow="fold")
    sides = (view.left, view.right)
    table.add_row("panel", *(_verdict_line(tool) for tool in sides))
    rows = ["tagline", "category", "entry", "pricing", "community", "url"]
    if any(tool.best_for != tool.tagline for tool in sides):
        rows.insert(4, "best_for")
    for name in rows:
        values = [getattr(tool, name) for tool in sides]
        if any(values):
            table.add_row(name.replace("_", " "), *(Text(value or NONE) for value in values))
    table.add_row("about", *(Text(tool.description or NONE) for tool in sides))
    return table


def _verdict_line(tool: ToolView) -> Text:
    line = _badge(tool.verdict).append(f" {_share(tool)}", style="not bold default on default")
    if tool.ship is not None:
        counts = f" · {tool.ship} ship / {tool.skip} skip"
        line.append(counts, style="not bold default on default")
    return line


def _print_panel(tool: ToolView, histories: Histories) -> None:
    if not tool.reviews:
        console.print(Text(f"No panel take on {tool.short_name}.", style="dim"))
    else:
        table = Table(
            title=Text(f"The panel on {tool.short_name}", style="bold"),
            title_justify="left",
            box=box.SIMPLE_HEAD,
        )
        for heading in ("#", "persona", "score", "verdict"):
            table.add_column(heading)
        table.add_column("quote", overflow="fold", ratio=1)
        for number, review in enumerate(tool.reviews, start=1):
            table.add_row(*_review_cells(number, review))
        console.print(table, soft_wrap=False)
    history = histories.get(tool.slug, ())
    if len(history) > 1:
        steps = (f"{Verdict(step.verdict).label} {step.as_of:%Y-%m-%d}" for step in history)
        console.print(Text("Verdicts: " + " → ".join(steps)))


def _review_cells(number: int, review: ReviewView) -> tuple[Text, ...]:
    score = NONE if review.score is None else f"{review.score}/100"
    who = Text(review.persona or ("by alternation" if review.inferred else NONE))
    if review.inferred:
        who.stylize("dim")
    return (
        Text(str(number)),
        who,
        Text(score),
        Text(review.verdict or NONE),
        Text(review.quote or NONE),
    )


def print_changes(changes: Sequence[FactChange]) -> None:
    """Facts before and after."""
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("of", "fact", "before", "after"):
        table.add_column(heading, overflow="fold")
    for change in changes:
        before, after = _excerpt(change.before), _excerpt(change.after)
        table.add_row(Text(change.subject), Text(change.field), before, after)
    console.print(table, soft_wrap=False)


def _excerpt(value: str | int | None) -> Text:
    text = NONE if value is None else " ".join(str(value).split())
    return Text(text if len(text) <= 100 else text[:99] + "…")


def print_import(report: ImportReport) -> None:
    """What was read, what is wrong, what changes, and whether it is stored."""
    troubled = [file for file in report.files if file.problems]
    shown = report.files if len(report.files) <= MOST_LISTED else troubled[:MOST_LISTED]
    for file in shown:
        _print_file(file)
    for problem in report.problems:
        colour = "red" if problem.severity == "error" else "yellow"
        console.print(Text(f"{problem.severity}: ", style=colour).append(str(problem), "default"))
    if not report.errors:
        for slug in report.comparisons_added[:MOST_LISTED]:
            console.print(Text("new  ", style="green").append(slug, "default"))
        if report.changes:
            print_changes(report.changes)
    console.print(Text(_outcome(report), style="bold"))


def _print_file(file: FileReport) -> None:
    failed = any(problem.severity == "error" for problem in file.problems)
    mark = Text("✗ ", style="red") if failed else Text("✓ ", style="green")
    console.print(mark.append(f"{file.file}  {', '.join(file.comparisons)}", "default"))
    if file.unread:
        console.print(Text(f"    read: {', '.join(file.read) or 'nothing'}", style="dim"))
        console.print(Text(f"    not read: {', '.join(file.unread)}", style="dim"))


def _outcome(report: ImportReport) -> str:
    told = (
        f"{_count(len(report.comparisons_added), 'comparison')} and "
        f"{_count(len(report.tools_added), 'tool')} new, "
        f"{_count(len(report.changes), 'fact')} changed, "
        f"{_count(len(report.unchanged), 'comparison')} unchanged"
    )
    if report.errors:
        return f"Nothing was stored: {_count(len(report.errors), 'error')}."
    if report.dry_run:
        return f"Dry run, nothing was stored. It would be: {told}."
    return f"Stored as of {report.as_of:%Y-%m-%d %H:%M} UTC: {told}."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
