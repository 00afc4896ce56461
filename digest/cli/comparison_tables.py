"""How comparisons and imports look on the terminal.

Text from pages is printed as it is, never interpreted as rich markup.
"""

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from digest.catalogue.pages.read_files import FileReport
from digest.catalogue.verdict import Verdict
from digest.catalogue.views import FactChange, ReviewView
from digest.cli.runtime import console
from digest.services.comparisons.import_files import ImportReport
from digest.services.comparisons.listing import ListedComparison, ListedTool
from digest.services.comparisons.show import ComparisonDetails, ToolDetails

STYLES = {
    Verdict.SHIP: "bold white on green",
    Verdict.SKIP: "bold white on red",
    Verdict.SPLIT: "bold black on yellow",
    Verdict.NO_TAKE: "bold white on bright_black",
}
NONE = "—"
MOST_LISTED = 20


def print_list(found: Sequence[ListedComparison]) -> None:
    """Two lines per comparison: its slug on a line of its own, to be copied, and both verdicts."""
    if not found:
        console.print("No comparisons yet: digest comparisons import PATH")
    for comparison in found:
        console.print(Text(comparison.slug, style="dim" if comparison.withdrawn_at else "bold"))
        details = f"  {_categories(comparison)}, since {comparison.first_seen_at:%Y-%m-%d}"
        sides = _side(comparison.left), " vs ", _side(comparison.right)
        console.print("  ", *sides, Text(details, "dim"), sep="")
        if comparison.withdrawn_at:
            console.print(Text(f"  withdrawn: {comparison.withdrawn_reason}", style="yellow"))


def _side(tool: ListedTool) -> Text:
    return Text.assemble(_badge(tool.verdict), " ", tool.short_name, f" {_share(tool)}")


def _badge(verdict: Verdict) -> Text:
    return Text(f" {verdict.label} ", style=STYLES[verdict])


def _share(tool: ListedTool | ToolDetails) -> str:
    return "" if tool.panel_ship_percent is None else f"{tool.panel_ship_percent}%"


def _categories(comparison: ListedComparison) -> str:
    categories = comparison.left.category, comparison.right.category
    names = dict.fromkeys(category for category in categories if category)
    return " / ".join(names) or NONE


def print_comparison(comparison: ComparisonDetails) -> None:
    """Both tools side by side, then each panel's reviews, numbered for `edit --persona`."""
    console.print(Text(comparison.title, style="bold"))
    if comparison.url:
        console.print(Text(comparison.url, style="blue underline"))
    if comparison.withdrawn_at:
        since = f"{comparison.withdrawn_at:%Y-%m-%d}"
        console.print(Text(f"Withdrawn on {since}: {comparison.withdrawn_reason}", style="yellow"))
    console.print(_decision(comparison), soft_wrap=False)
    for tool in (comparison.left, comparison.right):
        _print_panel(tool)


def _decision(comparison: ComparisonDetails) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    for tool in (comparison.left, comparison.right):
        table.add_column(Text(tool.name), ratio=1, overflow="fold")
    sides = (comparison.left, comparison.right)
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


def _verdict_line(tool: ToolDetails) -> Text:
    line = _badge(tool.verdict).append(f" {_share(tool)}", style="not bold default on default")
    if tool.ship is not None:
        counts = f" · {tool.ship} ship / {tool.skip} skip"
        line.append(counts, style="not bold default on default")
    return line


def _print_panel(tool: ToolDetails) -> None:
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
    if len(tool.history) > 1:
        steps = (f"{step.verdict.label} {step.as_of:%Y-%m-%d}" for step in tool.history)
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
    """Facts, before and after."""
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
    """What was read, the problems, the changes, and whether the import was stored."""
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
    summary = (
        f"{_count(len(report.comparisons_added), 'comparison')} and "
        f"{_count(len(report.tools_added), 'tool')} new, "
        f"{_count(len(report.changes), 'fact')} changed, "
        f"{_count(len(report.unchanged), 'comparison')} unchanged"
    )
    if report.errors:
        return f"Nothing was stored: {_count(len(report.errors), 'error')}."
    if report.dry_run:
        return f"Dry run, nothing was stored. It would be: {summary}."
    return f"Stored as of {report.as_of:%Y-%m-%d %H:%M} UTC: {summary}."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
