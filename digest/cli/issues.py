"""`digest issues …`: making an issue, from the draft to its approval."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from digest.cli.issue_tables import print_issue, print_issues, print_not_running, short
from digest.cli.options import EditionSlug, command_line_actor
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.cli.times import parse_date
from digest.errors import DigestError, Refused, UsageError
from digest.issues.editing import Edit
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import SkippedSlot, compose_issue
from digest.services.issues.edit import edit_issue
from digest.services.issues.preview import preview_issue
from digest.services.issues.rebuild import rebuild_issue
from digest.services.issues.reports import NEWEST, list_issues
from digest.services.issues.show import show_issue
from digest.web.workbench.export import export_workbench
from previews.preview_files import BrowserFailed, Preview, what_is_missing, write_previews

app = typer.Typer(help="Compose, preview, approve and send issues.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The issue's number.", min=1)]


@app.command()
def compose(
    edition: EditionSlug = None,
    slot: Annotated[
        str | None, typer.Option(help="The slot's local date, YYYY-MM-DD; default the next.")
    ] = None,
    extra: Annotated[bool, typer.Option(help="An issue outside the calendar.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Select the new comparisons into a draft; repeat to refresh it."""
    if slot and extra:
        raise UsageError("--slot and --extra exclude each other")
    day: date | None = parse_date(slot) if slot else None
    made = run(
        lambda app: compose_issue(app, command_line_actor(), edition, slot_date=day, extra=extra)
    )
    if as_json:
        print_json(made)
    elif isinstance(made, SkippedSlot):
        console.print(f"Slot of {made.slot} skipped: {made.reason}.")
        console.print(f"To send it all the same: digest schedule run-anyway {made.slot}")
    else:
        print_issue(made)


@app.command()
def edit(
    number: Number,
    subject: Annotated[str | None, typer.Option(help="Its subject; empty: chosen by rule.")] = None,
    preheader: Annotated[
        str | None, typer.Option(help="Its preheader; empty: chosen by rule.")
    ] = None,
    sentence: Annotated[
        str | None, typer.Option(help="The editor's sentence; empty: chosen by rule.")
    ] = None,
    order: Annotated[str | None, typer.Option(help="Slugs, comma-separated, in order.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="A slug to leave out.")] = None,
    include: Annotated[list[str] | None, typer.Option(help="A slug to include again.")] = None,
    reopen: Annotated[bool, typer.Option(help="Only make it a draft again.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Change an issue; this voids its approval."""
    change = Edit(
        subject=subject,
        preheader=preheader,
        sentence=sentence,
        order=_slugs(order) if order is not None else None,
        exclude=tuple(exclude or ()),
        include=tuple(include or ()),
    )
    if change == Edit() and not reopen:
        raise UsageError("nothing to change; see `digest issues edit --help`")
    shown = run(lambda app: edit_issue(app, command_line_actor(), number, change))
    print_json(shown) if as_json else print_issue(shown)


def _slugs(text: str) -> tuple[str, ...]:
    return tuple(slug.strip() for slug in text.split(",") if slug.strip())


@app.command("list")
def list_(
    every: Annotated[
        bool, typer.Option("--all", help="All of them, not only the newest 20.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """List the newest issues with their accounting."""
    newest = None if every else NEWEST
    rows = run(lambda app: list_issues(app, newest))
    if as_json:
        print_json(rows)
    elif rows:
        print_issues(rows)
    else:
        console.print("No issues yet: `digest issues compose` makes the first.")


@app.command()
def show(number: Number, as_json: JsonFlag = False) -> None:
    """Show what is in an issue, what is not, and why."""
    shown = run(lambda app: show_issue(app, number))
    print_json(shown) if as_json else print_issue(shown)


@app.command()
def preview(
    number: Number,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("var/preview"),
    pictures: Annotated[bool, typer.Option(help="Take screenshots with Chromium.")] = True,
    static: Annotated[
        Path | None,
        typer.Option(help="Write the workbench's pages to this folder instead, to share."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write HTML, text, .eml and screenshots of every variant, or the workbench as files."""
    if static is not None:
        _write_bench(number, static, as_json)
        return
    made = run(lambda app: preview_issue(app, number))
    views = [Preview(v.key, made.subject, v.html, v.text, v.eml) for v in made.variants]
    try:
        files = write_previews(out, views, pictures=pictures)
    except OSError as error:
        raise DigestError(f"cannot write to {out}: {error.strerror}") from None
    except BrowserFailed as error:
        raise DigestError(f"no screenshots: {error}; --no-pictures leaves them out") from None
    if as_json:
        print_json(
            {
                "number": number,
                "hash": made.hash,
                "subject": made.subject,
                "preheader": made.preheader,
                "warnings": [v.warning for v in made.variants if v.warning],
                "files": [str(path) for path in files],
            }
        )
        return
    told = f"\n{made.preheader}\nhash {made.hash[:12]}"
    console.print(Text.assemble((made.subject, "bold"), told))
    for variant in made.variants:
        console.print(f"  {variant.key}: {variant.html_bytes / 1000:.1f} kB of HTML")
        if variant.warning:
            console.print(Text(f"  {variant.warning}", "yellow"))
    for path in files:
        console.print(f"  {path}")
    if pictures and not any(path.suffix == ".png" for path in files):
        console.print(f"No screenshots: {what_is_missing()}", markup=False)


def _write_bench(number: int, folder: Path, as_json: bool) -> None:
    try:
        paths = run(lambda app: export_workbench(app, number, folder))
    except OSError as error:
        raise DigestError(f"cannot write to {folder}: {error.strerror}") from None
    if as_json:
        print_json({"number": number, "files": [str(path) for path in paths]})
        return
    console.print(f"The workbench of issue {number} in {len(paths)} files: {paths[0]}")


@app.command()
def approve(
    number: Number,
    expected: Annotated[
        str | None, typer.Option("--hash", help="Approve only if this is still its hash.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who approves; default your login name.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Freeze the content; a slot's issue is then scheduled for its slot."""
    approved = run(
        lambda app: approve_issue(app, command_line_actor(by), number, expected=expected)
    )
    if as_json:
        print_json(approved)
        return
    for finding in approved.not_checked:
        console.print(f"Not checked: {finding}")
    by_whom, hash_ = approved.approved_by, short(approved.hash)
    console.print(f"Issue {number} approved by {by_whom}, hash {hash_}.")
    console.print(approved.plan)
    print_not_running(approved.not_running)


@app.command()
def rebuild(
    number: Number,
    verify: Annotated[bool, typer.Option("--verify", help="Fail if anything differs.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Compile an approved issue again from its frozen sources and compare."""
    rebuilt = run(lambda app: rebuild_issue(app, number))
    if as_json:
        print_json(rebuilt)
    elif rebuilt.same:
        hash_ = short(rebuilt.hash)
        console.print(f"Issue {number} rebuilt: same segments, same hash {hash_}.")
    if rebuilt.differences and verify:
        differences = "; ".join(rebuilt.differences)
        raise Refused(f"issue {number} rebuilds differently: {differences}")
