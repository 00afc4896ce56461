"""`digest issues …`: from draft to inbox."""

import getpass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from digest.app import App
from digest.cli.progress import follow_mailing
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.cli.showing import print_issue, print_report, show_issue
from digest.delivery.accounting import Accounting
from digest.delivery.mailings import get_mailing
from digest.errors import DigestError, Refused, UsageError
from digest.flows import publishing, reporting, steering
from digest.flows.drafts import edition_of
from digest.flows.previewing import preview_issue
from digest.issues.editing import Edit
from digest.issues.freezing import rebuild as rebuild_frozen
from digest.issues.lookup import get_issue
from previews.write import Preview, write_previews
from schedules.cadence import Cadence

app = typer.Typer(help="Compose, preview, approve and send issues.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The issue's number.", min=1)]
EditionSlug = Annotated[str, typer.Option("--edition", help="The edition's slug.")]
ToInbox = Annotated[
    bool, typer.Option("--to-inbox", help="Send to the built-in inbox instead of a relay.")
]


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
def list_(as_json: JsonFlag = False) -> None:
    """All issues with their accounting."""
    rows = run(reporting.issue_rows)
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
    as_json: JsonFlag = False,
) -> None:
    """Write HTML, text, .eml and screenshots of every variant."""
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
                "files": [str(path) for path in files],
            }
        )
        return
    console.print(f"[bold]{made.subject}[/bold]\n{made.preheader}\nhash {made.hash[:12]}")
    for variant in made.variants:
        console.print(f"  {variant.key}: {variant.html_bytes / 1000:.1f} kB of HTML")
    for path in files:
        console.print(f"  {path}")
    if pictures and not any(path.suffix == ".png" for path in files):
        console.print("No Chromium found, so no screenshots; install it or use --no-pictures.")


@app.command("test")
def send_test(
    number: Number,
    to: Annotated[str, typer.Option(help="Addresses, comma-separated.")],
    to_inbox: ToInbox = False,
    as_json: JsonFlag = False,
) -> None:
    """Send the issue as it stands to some addresses, marked [TEST]."""
    addresses = [text.strip() for text in to.split(",") if text.strip()]

    async def work(app: App) -> tuple[Accounting, str | None]:
        mailing_id = await publishing.send_test(app, number, addresses, to_inbox=to_inbox)
        counts = await follow_mailing(app, mailing_id, quiet=as_json)
        async with app.store.read() as session:
            return counts, (await get_mailing(session, mailing_id)).state_reason

    counts, reason = run(work)
    if as_json:
        print_json(counts.model_dump())
    if counts.accepted < counts.recipients:
        why = f": {reason}" if reason else ""
        raise DigestError(f"not every test went out, {counts.equation()}{why}")
    if not as_json:
        console.print(f"Test sent to {', '.join(addresses)}.")


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
        await publishing.approve(app, number, by=who, expected=expected)
        return await show_issue(app, number)

    shown = run(work)
    if as_json:
        print_json(shown)
    else:
        console.print(f"Issue {number} approved by {who}, hash {shown['hash'][:12]}.")
        console.print(shown["plan"])


@app.command()
def schedule(
    number: Number,
    at: Annotated[
        str | None, typer.Option(help="Local time in the edition's zone: 2026-12-09T09:00.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Set when an approved issue goes out; without --at, at its slot."""

    async def work(app: App) -> dict[str, Any]:
        async with app.store.read() as session:
            issue = await get_issue(session, number)
            edition = await edition_of(session, issue)
        instant = local_instant(at, edition.zone) if at else issue.send_at
        if instant is None:
            raise UsageError("an issue outside the calendar needs --at")
        await publishing.schedule(app, number, instant)
        return await show_issue(app, number)

    shown = run(work)
    print_json(shown) if as_json else console.print(shown["plan"])


@app.command()
def send(
    number: Number,
    to_inbox: ToInbox = False,
    wait: Annotated[bool, typer.Option("--wait", help="Return when nothing is open.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Send an approved issue now."""

    async def work(app: App) -> reporting.Report:
        mailing = await publishing.send(app, number, to_inbox=to_inbox)
        if wait:
            await follow_mailing(app, mailing, quiet=as_json)
        return await reporting.report(app, number)

    report_ = run(work)
    if as_json:
        print_json(flat_report(report_))
        return
    print_report(report_)
    if not wait:
        console.print("`digest serve` sends it; add --wait to send from here.")


@app.command()
def pause(number: Number, as_json: JsonFlag = False) -> None:
    """Stop sending, from the next commit on."""
    _steer(run(lambda app: steering.pause(app, number)), as_json)


@app.command()
def resume(number: Number, as_json: JsonFlag = False) -> None:
    """Go on sending a paused issue."""
    _steer(run(lambda app: steering.resume(app, number)), as_json)


@app.command()
def cancel(number: Number, as_json: JsonFlag = False) -> None:
    """End an issue for good."""
    _steer(run(lambda app: steering.cancel(app, number)), as_json)


@app.command()
def report(number: Number, as_json: JsonFlag = False) -> None:
    """The accounting: every recipient in one state."""
    found = run(lambda app: reporting.report(app, number))
    print_json(flat_report(found)) if as_json else print_report(found)


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


def parse_date(text: str) -> date:
    """A local date; raises `UsageError`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no date; write YYYY-MM-DD") from None


def local_instant(text: str, zone: str) -> datetime:
    """A wall-clock time in a zone (or with an offset of its own) as an instant."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time; write 2026-12-09T09:00") from None
    if moment.tzinfo is not None:
        return moment.astimezone(ZoneInfo("UTC"))
    cadence = Cadence.parse("mon", moment.strftime("%H:%M"), zone)
    found = cadence.instant(moment.date())
    if found.note:
        console.print(found.note)
    return found.at_utc


def flat_report(found: reporting.Report) -> dict[str, Any]:
    """The report as one flat object with stable keys."""
    data = found.model_dump(mode="json")
    return {**data.pop("accounting"), **data}


def _steer(steered: steering.Steered, as_json: bool) -> None:
    issue, counts = steered.issue, steered.accounting
    if as_json:
        print_json(
            {
                "number": issue.number,
                "state": issue.state,
                **(counts.model_dump() if counts else {}),
            }
        )
        return
    console.print(f"Issue {issue.number} is {issue.state}.")
    if counts:
        console.print(f"{counts.accepted:,} accepted, {counts.in_flight:,} in flight.")
