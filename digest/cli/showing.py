"""How issues and reports look on the terminal, and as JSON."""

from typing import Any

from rich.table import Table
from rich.text import Text
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.cli.runtime import console
from digest.delivery.states import DeliveryState
from digest.errors import DigestError
from digest.issues.lookup import candidates_of, get_issue
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.issues.drafts import compiled_issue, edition_of
from digest.services.issues.reports import IssueReport
from digest.services.sending.list_tests import list_tests
from schedules.tables import Edition
from schedules.words import in_words, when
from subscribers.audience import count


async def show_issue(app: App, number: int) -> dict[str, Any]:
    """Everything about one issue, with stable keys; see `docs/cli.md`."""
    async with app.store.read() as session:
        issue = await get_issue(session, number)
        edition = await edition_of(session, issue)
        assert issue.id is not None
        candidates = [
            {"slug": slug, "included": found.included, "reason": found.reason}
            for found, slug in await candidates_of(session, issue.id)
        ]
        said = await _said(app, session, issue)
        return {
            "number": issue.number,
            "edition": edition.slug,
            "state": str(issue.state),
            "state_reason": issue.state_reason,
            "date": issue.issue_date.isoformat(),
            **said,
            "send_at": issue.send_at,
            "plan": await _plan(app, session, issue, edition),
            "approved_by": issue.approved_by,
            "approved_at": issue.approved_at,
            "items": [found["slug"] for found in candidates if found["included"]],
            "candidates": candidates,
            "tests": [test.model_dump(mode="json") for test in await list_tests(session, issue)],
        }


async def _said(app: App, session: AsyncSession, issue: Issue) -> dict[str, Any]:
    """Subject, preheader and hash; a draft that cannot be compiled says why instead."""
    try:
        frozen = await compiled_issue(app, session, issue.number)
    except DigestError as error:
        unknown = dict.fromkeys(("subject", "preheader", "sentence", "hash"))
        return {**unknown, "problem": str(error)}
    content = frozen.content
    return {
        "subject": content.subject,
        "preheader": content.preheader,
        "sentence": content.sentence,
        "hash": frozen.hash,
        "problem": None,
    }


async def _plan(app: App, session: AsyncSession, issue: Issue, edition: Edition) -> str:
    readers = f"{await count(session, edition.slug):,} readers"
    if issue.state == IssueState.SCHEDULED and issue.send_at:
        instant = issue.send_at
        return (
            f"Goes out {when(instant, edition.zone, app.clock())} to {readers}, "
            f"{in_words(instant - app.clock())}."
        )
    if issue.state == IssueState.APPROVED:
        return f"Approved, not scheduled: `digest issues send {issue.number}` or `… schedule`."
    return f"{issue.state}"


def print_issue(shown: dict[str, Any]) -> None:
    """An issue for people."""
    title = f"Issue {shown['number']}", "bold"
    console.print(Text.assemble(title, f" · {shown['date']} · {shown['state']}"))
    if shown["problem"]:
        console.print(Text(shown["problem"], "red"))
    else:
        console.print(f"Subject    {shown['subject']}\nPreheader  {shown['preheader']}")
        console.print(f"Hash       {shown['hash'][:12]}")
    table = Table("", box=None, header_style="bold")
    table.add_column("comparison", overflow="fold")
    table.add_column("reason", overflow="fold", min_width=12)
    for candidate in shown["candidates"]:
        mark = Text("✓", "green") if candidate["included"] else Text("·")
        table.add_row(mark, candidate["slug"], candidate["reason"])
    console.print(table, soft_wrap=False)
    if shown["tests"]:
        _print_tests(shown["tests"])


def _print_tests(tests: list[dict[str, Any]]) -> None:
    table = Table(box=None, header_style="bold")
    table.add_column("last tests, UTC", no_wrap=True)
    for name in ("to", "as", "variant", "state"):
        table.add_column(name, overflow="fold")
    for test in tests:
        at = test["at"][:16].replace("T", " ")
        said = test["reason"] if test["state"] != DeliveryState.ACCEPTED else None
        state = f"{test['state']}: {said}" if said else test["state"]
        table.add_row(at, test["to"], test["reader"] or "—", test["variant"], state)
    console.print(table, soft_wrap=False)


def print_report(found: IssueReport) -> None:
    """A report for people: the equation, then what needs a look."""
    counts = found.accounting
    console.print(Text.assemble((f"Issue {found.number}", "bold"), f" is {found.state}."))
    if found.state_reason:
        console.print(Text(found.state_reason, "yellow"))
    console.print(counts.equation())
    console.print(
        f"of the open: {counts.unknown:,} unknown, {counts.deferred:,} deferred; "
        f"ever unknown: {counts.ever_unknown:,}"
    )
    for problem in found.problems:
        console.print(f"  {problem.state}  {problem.address}  {problem.reason or ''}")
