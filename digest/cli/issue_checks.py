"""`digest issues check`: what preflight finds, and overriding an error."""

from typing import Annotated

import typer
from rich.text import Text

from digest.app import App
from digest.cli.issues import Number
from digest.cli.options import command_line_actor
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.errors import DigestError, UsageError
from digest.services.preflight.check import (
    CheckedFinding,
    CheckedIssue,
    check_issue,
    override_error,
)

app = typer.Typer()

COLOURS = {"error": "red", "warning": "yellow"}


@app.command()
def check(
    number: Number,
    links: Annotated[
        bool, typer.Option("--links", help="Also follow every link and check DNS records.")
    ] = False,
    scores: Annotated[
        bool, typer.Option("--scores", help="Also run SpamAssassin and rspamd, if installed.")
    ] = False,
    to_inbox: Annotated[
        bool, typer.Option("--to-inbox", help="Check it for the built-in inbox only.")
    ] = False,
    override: Annotated[
        str | None, typer.Option(metavar="CODE", help="Override the error with this code.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who overrides it.")] = "",
    reason: Annotated[str, typer.Option(help="Why it is overridden.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Check the bytes that would be sent; errors block approval and sending."""
    if (by or reason) and not override:
        raise UsageError("--by and --reason go with --override CODE")
    if override and not by.strip():  # an override is somebody's word: never the login by default
        raise UsageError("an override needs a name and a reason: --by NAME --reason TEXT")

    async def work(app: App) -> CheckedIssue:
        if override:
            await override_error(app, command_line_actor(by), number, override, reason=reason)
        return await check_issue(app, number, to_inbox=to_inbox, links=links, filters=scores)

    checked = run(work)
    print_json(checked) if as_json else print_checked(checked)
    if checked.blocked:
        count = len(checked.blocking)
        raise DigestError(f"issue {number} has {count} error{'s' if count > 1 else ''}")


def print_checked(checked: CheckedIssue) -> None:
    """Findings for people, errors first, then how well mail clients support the message."""
    explained: set[str] = set()
    for found in checked.findings:
        _print_finding(found, explain=found.code not in explained)
        explained.add(found.code)
    if not checked.findings:
        console.print(Text(f"Issue {checked.number}: no findings.", "green"))
    else:
        warnings = sum(found.severity == "warning" for found in checked.findings)
        blocking = len(checked.blocking)
        console.print(f"Issue {checked.number}: {blocking} blocking, {warnings} warnings.")
    if checked.clients:
        lowest = sorted(checked.clients.items(), key=lambda pair: pair[1])
        shown = ", ".join(f"{name} {score} %" for name, score in lowest)
        console.print(f"Supported of what it uses: {shown}.")


def _print_finding(found: CheckedFinding, *, explain: bool) -> None:
    code, title = (found.code, COLOURS[found.severity]), (found.title, "bold")
    console.print(Text.assemble(code, " ", title, f": {found.detail}"))
    variants = f" ({', '.join(found.variants)})" if found.variants else ""
    console.print(f"    {found.finding.place}{variants}")
    if found.overridden:
        console.print(f"    overridden by {found.overridden.by}: {found.overridden.reason}")
    elif explain:
        console.print(f"    {found.why}\n    → {found.fix}")
