"""How issues and their reports look on the terminal."""

from rich.table import Table
from rich.text import Text

from digest.cli.runtime import console
from digest.delivery.states import DeliveryState
from digest.services.issues.reports import IssueReport, IssueRow
from digest.services.issues.show import IssueDetails
from digest.services.sending.test_mails import SentTest


def print_issue(issue: IssueDetails) -> None:
    """An issue with the reason of every candidate."""
    title = f"Issue {issue.number}", "bold"
    console.print(Text.assemble(title, f" · {issue.date} · {issue.state}"))
    if issue.problem:
        console.print(Text(issue.problem, "red"))
    else:
        console.print(f"Subject    {issue.subject}\nPreheader  {issue.preheader}")
        console.print(f"Hash       {short(issue.hash)}")
    table = Table("", box=None, header_style="bold")
    table.add_column("comparison", overflow="fold")
    table.add_column("reason", overflow="fold", min_width=12)
    for candidate in issue.candidates:
        mark = Text("✓", "green") if candidate.included else Text("·")
        table.add_row(mark, candidate.slug, candidate.reason)
    console.print(table, soft_wrap=False)
    if issue.tests:
        _print_tests(issue.tests)
    print_not_running(issue.not_running)


def _print_tests(tests: list[SentTest]) -> None:
    table = Table(box=None, header_style="bold")
    table.add_column("last tests, UTC", no_wrap=True)
    for name in ("to", "as", "variant", "state"):
        table.add_column(name, overflow="fold")
    for test in tests:
        reason = test.reason if test.state != DeliveryState.ACCEPTED else None
        state = f"{test.state}: {reason}" if reason else test.state
        table.add_row(f"{test.at:%Y-%m-%d %H:%M}", test.to, test.reader or "—", test.variant, state)
    console.print(table, soft_wrap=False)


def print_issues(rows: list[IssueRow]) -> None:
    """The list of issues, a line each."""
    table = Table("#", "date", "state", "subject", "accounting", box=None, header_style="bold")
    for row in rows:
        counts = row.accounting.equation() if row.accounting.recipients else "—"
        table.add_row(str(row.number), row.date, row.state, row.subject or "by rule", counts)
    console.print(table, soft_wrap=False)


def print_report(report: IssueReport) -> None:
    """A report: the equation first, then the deliveries that need a look."""
    counts = report.accounting
    console.print(Text.assemble((f"Issue {report.number}", "bold"), f" is {report.state}."))
    if report.state_reason:
        console.print(Text(report.state_reason, "yellow"))
    console.print(counts.equation())
    console.print(
        f"of the open: {counts.unknown:,} unknown, {counts.deferred:,} deferred; "
        f"ever unknown: {counts.ever_unknown:,}"
    )
    print_not_running(report.not_running)
    for problem in report.problems:
        console.print(f"  {problem.state}  {problem.address}  {problem.reason or ''}")


def print_not_running(missing: str | None) -> None:
    """What is missing for an issue to go out, if anything is."""
    if missing:
        console.print(Text(f"{missing[0].upper()}{missing[1:]}.", "yellow"))


def short(hash_: str | None) -> str:
    """The first digits of a hash, as `approve --hash` takes them."""
    return (hash_ or "")[:12]
