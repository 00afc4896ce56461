"""`digest issues …`: sending an issue, holding it, and what became of it."""

from typing import Annotated, Any

import typer

from digest.app import App
from digest.cli.issue_tables import print_report
from digest.cli.issues import Number
from digest.cli.options import command_line_actor
from digest.cli.progress import follow_mailing
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.cli.times import parse_moment
from digest.delivery.ledger.accounting import Accounting
from digest.delivery.ledger.mailings import get_mailing
from digest.errors import DigestError
from digest.rendering.issue import ALL
from digest.services.issues import reports
from digest.services.issues.schedule import schedule_issue
from digest.services.sending import control, start
from digest.services.sending import send_test as test_sends

app = typer.Typer()

ToInbox = Annotated[
    bool, typer.Option("--to-inbox", help="Send to the built-in inbox instead of a relay.")
]


@app.command("test")
def send_test(
    number: Number,
    to: Annotated[str, typer.Option(help="Addresses, comma-separated.")],
    reader: Annotated[
        str | None, typer.Option("--as", help="The reader whose mail it is to be.")
    ] = None,
    variant: Annotated[str, typer.Option(help="The variant of readers who chose otherwise.")] = ALL,
    to_inbox: ToInbox = False,
    as_json: JsonFlag = False,
) -> None:
    """Send the issue as it stands to some addresses, marked [TEST]."""
    addresses = [text.strip() for text in to.split(",") if text.strip()]

    async def work(app: App) -> tuple[Accounting, str | None]:
        mailing_id = await test_sends.send_test(
            app, number, addresses, reader=reader, variant=variant, to_inbox=to_inbox
        )
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


@app.command()
def send(
    number: Number,
    to_inbox: ToInbox = False,
    wait: Annotated[bool, typer.Option("--wait", help="Return when nothing is open.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Send an approved issue now."""

    async def work(app: App) -> reports.IssueReport:
        mailing = await start.send(app, number, to_inbox=to_inbox)
        if wait:
            await follow_mailing(app, mailing, quiet=as_json)
        return await reports.issue_report(app, number)

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
    _steer(run(lambda app: control.pause(app, number)), as_json)


@app.command()
def resume(number: Number, as_json: JsonFlag = False) -> None:
    """Go on sending a paused issue."""
    _steer(run(lambda app: control.resume(app, number)), as_json)


@app.command()
def cancel(number: Number, as_json: JsonFlag = False) -> None:
    """End an issue for good."""
    _steer(run(lambda app: control.cancel(app, number)), as_json)


@app.command()
def report(number: Number, as_json: JsonFlag = False) -> None:
    """The accounting: every recipient in one state."""
    found = run(lambda app: reports.issue_report(app, number))
    print_json(flat_report(found)) if as_json else print_report(found)


def flat_report(found: reports.IssueReport) -> dict[str, Any]:
    """The report as one flat object with stable keys."""
    data = found.model_dump(mode="json")
    return {**data.pop("accounting"), **data}


def _steer(steered: control.Steered, as_json: bool) -> None:
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
