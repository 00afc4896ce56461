"""The demonstration, step by step: two weeks, from comparison files to the inbox."""

import asyncio
from importlib.resources import as_file, files
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from digest.app import App
from digest.bootstrap import open_app
from digest.delivery.ledger.accounting import Accounting
from digest.demo.environment import A_WEEK, ShiftedClock, prepare_folder
from digest.demo.people import confirm, sign_up, unsubscribe_with_one_click
from digest.errors import Refused
from digest.issues.editing import Edit
from digest.services.actor import Actor, Channel
from digest.services.comparisons.import_files import import_files
from digest.services.installation.initialise import initialise
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import SkippedSlot, compose_issue
from digest.services.issues.edit import edit_issue
from digest.services.issues.preview import preview_issue
from digest.services.issues.reports import issue_report
from digest.services.sending import start
from digest.serving import RunningServer, running_server, until_signal_or
from previews.preview_files import Preview, what_is_missing, write_previews

console = Console(highlight=False, soft_wrap=True)

ACTOR = Actor(Channel.COMMAND_LINE, "the demonstration")
SENTENCE = "A tool you may already pay for changed sides this week. Here is what the panel saw."


async def run_demo(folder: Path, *, keep_serving: bool) -> None:
    """Play both weeks, then serve the pages until Ctrl-C or end.

    Raises `Refused` for a folder that is not empty and not of a demonstration.
    """
    settings = prepare_folder(folder)
    clock = ShiftedClock()
    await initialise(settings, clock.now)
    async with (
        open_app(settings, clock.now, clock.uptime) as app,
        running_server(app) as server,
    ):
        await _play(app, clock, server)
        if keep_serving:
            console.print("\nServing until Ctrl-C.")
            await until_signal_or(server.sending)


async def _play(app: App, clock: ShiftedClock, server: RunningServer) -> None:
    _step("Last week: the first comparisons are imported")
    await _import(app, "week-1.json")
    _step("Readers sign up on the form, and confirm from the mail")
    signed_up = await sign_up(app.settings.public_url)
    confirmed = await confirm(app.settings.inbox_dir, signed_up)
    console.print(f"  {confirmed} signed up, got a confirmation mail and pressed its button")
    _step("The first issue is sent")
    await _publish(app, server, Edit())

    clock.behind -= A_WEEK
    _step("This week: new comparisons, and a panel with a new verdict")
    await _import(app, "week-2.json")
    await unsubscribe_with_one_click(app.settings.inbox_dir, "tim@readers.example.org")
    console.print("  one reader unsubscribed with the button of their mail program (RFC 8058)")
    _step("The second issue: compose, preview, approve, send")
    number = await _publish(app, server, Edit(sentence=SENTENCE))
    _print_addresses(app, server, number)


async def _import(app: App, name: str) -> None:
    with as_file(files("digest.demo") / "content" / name) as path:
        done = await import_files(app, ACTOR, [path])
    if not done.stored:
        raise Refused(f"the demonstration's own {name} does not import: {done.errors[0]}")
    console.print(
        f"  {len(done.comparisons_added)} comparisons, {len(done.tools_added)} tools, "
        f"{len(done.changes)} changed facts"
    )


async def _publish(app: App, server: RunningServer, change: Edit) -> int:
    made = await compose_issue(app, ACTOR, "weekly")
    if isinstance(made, SkippedSlot):
        raise Refused(f"the demonstration's own issue has too little in it: {made.reason}")
    number = made.number
    await edit_issue(app, ACTOR, number, change)
    preview = await preview_issue(app, number)
    console.print(f"  issue {number}: “{preview.subject}”", markup=False)
    console.print(f"  {len(made.items)} comparisons in it; hash {preview.hash[:12]}")
    folder = app.settings.data_dir / "preview" / str(number)
    views = [Preview(v.key, preview.subject, v.html, v.text, v.eml) for v in preview.variants]
    await asyncio.to_thread(write_previews, folder, views)
    console.print(f"  preview written to {folder}", markup=False)
    await approve_issue(app, ACTOR, number, expected=preview.hash)
    await start.send_issue(app, ACTOR, number, to_inbox=True)
    server.worker.wake()
    counts = await _watch(app, number)
    console.print(f"  [bold]{counts.equation()}[/bold]")
    return number


async def _watch(app: App, number: int) -> Accounting:
    """Show progress until the issue is sent, which means that no delivery is open."""
    columns = TextColumn("  sending"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("sending", total=None)
        while True:
            found = await issue_report(app, number)
            counts = found.accounting
            progress.update(bar, total=counts.recipients, completed=counts.recipients - counts.open)
            if found.state == "sent":
                return counts
            if found.state == "paused":
                raise Refused(f"issue {number} paused: {found.state_reason}")
            await asyncio.sleep(0.2)


def _print_addresses(app: App, server: RunningServer, number: int) -> None:
    pictures = sorted((app.settings.data_dir / "preview" / str(number)).glob("*.png"))
    console.print("\n[bold]Look at[/bold]")
    console.print(f"  {server.public_url}/            sign-up and newest verdicts")
    console.print(f"  {server.public_url}/issues/{number}    the issue in the browser")
    console.print(f"  {server.desk_url}/inbox       the mails as they arrived")
    console.print(f"  {server.desk_url}/issues/{number}    the editor's preview")
    for picture in pictures:
        console.print(f"  {picture}", markup=False)
    if not pictures:
        console.print(f"  (no screenshots: {what_is_missing()})", markup=False)


def _step(text: str) -> None:
    console.print(f"\n[bold green]▸[/bold green] [bold]{text}[/bold]")
