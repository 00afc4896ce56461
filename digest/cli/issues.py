"""`digest issues …`: making an issue, from the draft to its approval."""

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from digest.app import App
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.cli.showing import print_issue, show_issue
from digest.cli.times import parse_date
from digest.errors import DigestError, Refused, UsageError
from digest.issues.editing import Edit
from digest.issues.freezing import rebuild as rebuild_frozen
from digest.issues.lookup import get_issue
from digest.services.issues import publishing, reports
from digest.services.issues.preview import preview_issue
from digest.web.workbench.export import export_workbench
from previews.preview_files import Preview, write_previews

app = typer.Typer(help="Compose, preview, approve and send issues.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The issue's number.", min=1)]
EditionSlug = Annotated[str, typer.Option("--edition", help="The edition's slug.")]


@app.command()
def compose(
    edition: EditionSlug = "weekly",
    slot: Annotated[
        str | None, typer.Option(help="The slot's local date, YYYY-MM-DD; default the next.")
    ] = None,
    extra: Annotated[bool, typer.Option(help="An issue outside the calendar.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Select the new comparisons into a draft; again refreshes it."""
    if slot and extra:
        raise UsageError("--slot and --extra exclude each other")
    day = parse_date(slot) if slot else None

    async def work(app: App) -> tuple[publishing.Composition, dict[str, Any] | None]:
        made = await publishing.compose(app, edition, slot_date=day, extra=extra)
        return made, None if made.skipped else await show_issue(app, made.issue.number)

    made, shown = run(work)
    if as_json:
        day_text = made.slot.local_date.isoformat() if made.slot else None
        print_json(
            shown or {"number": None, "state": "skipped", "slot": day_text, "reason": made.skipped}
        )
    elif shown is None:
        assert made.slot is not None
        console.print(f"Slot of {made.slot.local_date} skipped: {made.skipped}.")
        console.print(f"To go on all the same: digest schedule run-anyway {made.slot.local_date}")
    else:
        print_issue(shown)


@app.command()
def edit(
    number: Number,
    subject: Annotated[str | None, typer.Option(help="Empty: by rule.")] = None,
    preheader: Annotated[str | None, typer.Option(help="Empty: by rule.")] = None,
    sentence: Annotated[str | None, typer.Option(help="The editor's sentence.")] = None,
    order: Annotated[str | None, typer.Option(help="Slugs, comma-separated, in order.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="A slug to leave out.")] = None,
    include: Annotated[list[str] | None, typer.Option(help="A slug to take back in.")] = None,
    reopen: Annotated[bool, typer.Option(help="Only make it a draft again.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Change an issue; an approval is void from then on."""
    change = Edit(
        subject=subject,
        preheader=preheader,
        sentence=sentence,
        order=tuple(s.strip() for s in order.split(",") if s.strip())
        if order is not None
        else None,
        exclude=tuple(exclude or ()),
        include=tuple(include or ()),
    )
    if change == Edit() and not reopen:
        raise UsageError("nothing to change; see `digest issues edit --help`")

    async def work(app: App) -> dict[str, Any]:
        await publishing.edit(app, number, change)
        return await show_issue(app, number)

    shown = run(work)
    print_json(shown) if as_json else print_issue(shown)


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Not only the newest 20.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """The newest issues with their accounting."""
    newest = None if every else reports.NEWEST
    rows = run(lambda app: reports.issue_rows(app, newest))
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    if not rows:
        console.print("No issues yet: `digest issues compose` makes the first.")
        return
    table = Table("#", "date", "state", "subject", "accounting", box=None, header_style="bold")
    for row in rows:
        counts = row.accounting.equation() if row.accounting.recipients else "—"
        table.add_row(str(row.number), row.date, row.state, row.subject or "by rule", counts)
    console.print(table, soft_wrap=False)


@app.command()
def show(number: Number, as_json: JsonFlag = False) -> None:
    """What is in an issue, what is not, and why."""
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
        console.print("No Chromium found, so no screenshots; install it or use --no-pictures.")


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
    by: Annotated[str | None, typer.Option(help="Who approves; default the user's name.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Freeze the content; a slot's issue is then scheduled for its slot."""
    who = by or getpass.getuser()

    async def work(app: App) -> dict[str, Any]:
        approved = await publishing.approve(app, number, by=who, expected=expected)
        unanswered = [f"{found.code} {found.detail}" for found in approved.unanswered]
        return {**await show_issue(app, number), "not_checked": unanswered}

    shown = run(work)
    if as_json:
        print_json(shown)
    else:
        for what in shown["not_checked"]:
            console.print(f"Not checked: {what}")
        console.print(f"Issue {number} approved by {who}, hash {shown['hash'][:12]}.")
        console.print(shown["plan"])


@app.command()
def rebuild(
    number: Number,
    verify: Annotated[bool, typer.Option("--verify", help="Fail if anything differs.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Compile an approved issue again from its frozen sources and compare."""

    async def work(app: App) -> tuple[str, str | None, list[str]]:
        async with app.store.read() as session:
            issue = await get_issue(session, number)
            frozen, differences = await rebuild_frozen(session, issue)
            return frozen.hash, issue.hash, differences

    rebuilt, approved, differences = run(work)
    if as_json:
        print_json(
            {
                "number": number,
                "hash": rebuilt,
                "approved_hash": approved,
                "same": not differences,
                "differences": differences,
            }
        )
    elif not differences:
        console.print(f"Issue {number} rebuilt: same segments, same hash {rebuilt[:12]}.")
    if differences and verify:
        raise Refused(f"issue {number} rebuilds differently: {'; '.join(differences)}")
