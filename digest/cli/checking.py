"""`digest issues check`: what preflight finds, and letting an error pass."""

from typing import Annotated, Any

import typer
from rich.text import Text

from digest.app import App
from digest.cli.issues import Number
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.errors import DigestError, UsageError
from digest.services.preflight.check import CheckedIssue, check_issue, override_error
from previews.preflight.finding import Finding

app = typer.Typer()

COLOURS = {"error": "red", "warning": "yellow"}


@app.command()
def check(
    number: Number,
    links: Annotated[
        bool, typer.Option("--links", help="Also follow every link, and look the sender up in DNS.")
    ] = False,
    scores: Annotated[
        bool, typer.Option("--scores", help="Also ask SpamAssassin and rspamd, if installed.")
    ] = False,
    to_inbox: Annotated[
        bool, typer.Option("--to-inbox", help="It will go to the built-in inbox only.")
    ] = False,
    override: Annotated[str | None, typer.Option(help="Let the error of this code pass.")] = None,
    by: Annotated[str, typer.Option(help="Who lets it pass.")] = "",
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Look for mistakes on the bytes that would be sent; errors block approval and sending."""
    if (by or reason) and not override:
        raise UsageError("--by and --reason go with --override CODE")

    async def work(app: App) -> CheckedIssue:
        if override:
            await override_error(app, number, override, by=by, reason=reason)
        return await check_issue(app, number, to_inbox=to_inbox, links=links, filters=scores)

    checked = run(work)
    print_json(as_data(checked)) if as_json else print_checked(checked)
    if checked.blocking:
        count = len(checked.blocking)
        raise DigestError(f"issue {number} has {count} error{'s' if count > 1 else ''}")


def as_data(checked: CheckedIssue) -> dict[str, Any]:
    """Stable keys; see `docs/cli.md`."""
    return {
        "number": checked.number,
        "hash": checked.hash,
        "blocked": bool(checked.blocking),
        "findings": [_finding(checked, finding) for finding in checked.preflight.findings],
        "clients": checked.preflight.clients,
    }


def _finding(checked: CheckedIssue, finding: Finding) -> dict[str, Any]:
    rule, place = finding.rule, finding.place
    passed = checked.overrides.get(finding)
    return {
        "code": rule.code,
        "severity": rule.severity.value,
        "title": rule.title,
        "detail": finding.detail,
        "why": rule.why,
        "fix": rule.fix,
        "overridable": rule.overridable and finding.is_error,
        "overridden": {"by": passed.by, "reason": passed.reason} if passed else None,
        "part": place.part,
        "spot": place.spot or None,
        "excerpt": place.excerpt or None,
        "file": place.file,
        "line": place.line,
        "variants": list(finding.variants),
    }


def print_checked(checked: CheckedIssue) -> None:
    """Findings for people, errors first, then how mail programs do."""
    explained: set[str] = set()
    for finding in checked.preflight.findings:
        _print_finding(checked, finding, explain=finding.code not in explained)
        explained.add(finding.code)
    errors, count = len(checked.blocking), len(checked.preflight.findings)
    if not count:
        console.print(Text(f"Issue {checked.number}: nothing found.", "green"))
    else:
        warnings = sum(not finding.is_error for finding in checked.preflight.findings)
        console.print(f"Issue {checked.number}: {errors} blocking, {warnings} warnings.")
    if checked.preflight.clients:
        lowest = sorted(checked.preflight.clients.items(), key=lambda pair: pair[1])
        shown = ", ".join(f"{name} {score} %" for name, score in lowest)
        console.print(f"Supported of what it uses: {shown}.")


def _print_finding(checked: CheckedIssue, finding: Finding, *, explain: bool) -> None:
    rule = finding.rule
    code, title = (rule.code, COLOURS[finding.severity]), (rule.title, "bold")
    console.print(Text.assemble(code, " ", title, f": {finding.detail}"))
    where = f"{finding.place}" + (f" ({', '.join(finding.variants)})" if finding.variants else "")
    console.print(f"    {where}")
    passed = checked.overrides.get(finding)
    if passed:
        console.print(f"    passed by {passed.by}: {passed.reason}")
    elif explain:
        console.print(f"    {rule.why}\n    → {rule.fix}")
