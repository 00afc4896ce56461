"""`digest issues …`: send an issue, pause, resume or cancel it, and report on it."""

from typing import Annotated

import typer

from digest.app import App
from digest.cli.follow_mailing import follow_mailing
from digest.cli.issue_tables import print_not_running, print_report
from digest.cli.issues import Number
from digest.cli.options import command_line_actor
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.cli.times import parse_moment
from digest.errors import DigestError
from digest.issues.states import IssueState
from digest.rendering.issue import ALL
from digest.services.issues.reports import IssueReport, issue_report
from digest.services.issues.schedule import schedule_issue
from digest.services.sending.control import (
    ControlledIssue,
    cancel_issue,
    pause_issue,
    resume_issue,
)
from digest.services.sending.progress import MailingProgress
from digest.services.sending.start import join_sending, send_issue
from digest.services.sending.test_mails import send_test

app = typer.Typer()

ToInbox = Annotated[
    bool, typer.Option("--to-inbox", help="Send to the built-in inbox instead of a relay.")
]


@app.command("test")
def mail_test(
    number: Number,
    to: Annotated[str, typer.Option(help="Addresses or Name <address>, comma-separated.")],
    reader: Annotated[
        str | None, typer.Option("--as", help="The reader whose mail the test shows.")
    ] = None,
    variant: Annotated[str, typer.Option(help="The variant to send.")] = ALL,
    to_inbox: ToInbox = False,
    as_json: JsonFlag = False,
) -> None:
    """Send the issue as it stands to some addresses, marked [TEST]."""
    actor = command_line_actor()

    async def work(app: App) -> MailingProgress:
        queued = await send_test(
            app, actor, number, [to], reader=reader, variant=variant, to_inbox=to_inbox
        )
        return await follow_mailing(app, queued.mailing_id, quiet=as_json)

    progress = run(work)
    counts = progress.accounting
    if as_json:
        print_json(counts)
    if counts.accepted < counts.recipients:
        why = f": {progress.state_reason}" if progress.state_reason else ""
        raise DigestError(f"not every test went out, {counts.equation()}{why}")
    if not as_json:
        console.print(f"Test sent to {to.strip()}.")


@app.command()
def schedule(
    number: Number,
    at: Annotated[
        str | None, typer.Option(help="Local time in the edition's zone: 2026-12-09T09:00.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Set when an approved issue goes out; without --at, at its slot."""
    moment = parse_moment(at) if at else None
    scheduled = run(lambda app: schedule_issue(app, command_line_actor(), number, moment))
    if as_json:
        print_json(scheduled)
        return
    if scheduled.note:
        console.print(scheduled.note)
    console.print(scheduled.plan)
    print_not_running(scheduled.not_running)


@app.command()
def send(
    number: Number,
    to_inbox: ToInbox = False,
    wait: Annotated[bool, typer.Option("--wait", help="Return when nothing is open.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Send an approved issue now; with --wait, go on with one that is being sent."""
    actor = command_line_actor()

    async def work(app: App) -> IssueReport:
        started = await join_sending(app, number) if wait else None
        if started and not as_json:
            console.print(f"Issue {number} is already sending; going on with it from here.")
        started = started or await send_issue(app, actor, number, to_inbox=to_inbox)
        if wait:
            await follow_mailing(app, started.mailing_id, quiet=as_json)
        return await issue_report(app, number)

    found = run(work)
    if as_json:
        print_json(found)
    else:
        _print_sent(found, wait=wait)
    if wait and found.state != IssueState.SENT:
        raise typer.Exit(1)  # paused, or ended as cancelled: a script must not go on as if sent


def _print_sent(found: IssueReport, *, wait: bool) -> None:
    print_report(found)
    if not wait and found.not_running:
        console.print("Or add --wait, and this command sends it.")
    elif not wait:
        console.print("The running `digest serve` sends it.")


@app.command()
def pause(number: Number, as_json: JsonFlag = False) -> None:
    """Stop sending, from the next commit on."""
    _print_controlled(run(lambda app: pause_issue(app, command_line_actor(), number)), as_json)


@app.command()
def resume(number: Number, as_json: JsonFlag = False) -> None:
    """Continue sending a paused issue."""
    actor = command_line_actor()
    _print_controlled(run(lambda app: resume_issue(app, actor, number)), as_json)


@app.command()
def cancel(number: Number, as_json: JsonFlag = False) -> None:
    """End an issue for good."""
    actor = command_line_actor()
    _print_controlled(run(lambda app: cancel_issue(app, actor, number)), as_json)


@app.command()
def report(number: Number, as_json: JsonFlag = False) -> None:
    """The accounting: every recipient in one state."""
    found = run(lambda app: issue_report(app, number))
    print_json(found) if as_json else print_report(found)


def _print_controlled(changed: ControlledIssue, as_json: bool) -> None:
    if as_json:
        print_json(changed)
        return
    console.print(f"Issue {changed.number} is {changed.state}.")
    counts = changed.accounting
    if counts:
        console.print(f"{counts.accepted:,} accepted, {counts.in_flight:,} in flight.")
    print_not_running(changed.not_running)
