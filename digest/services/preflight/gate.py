"""Preflight in the way of an issue: checked before a transaction, verified within it.

Checking many variants takes a second, for which nobody should have to wait to write. So a
transaction in which an issue stands unchecked is undone by `NotChecked`, which carries what
it saw; that is checked, and the transaction tried again. It goes on only where it sees the
same again: a check never counts for other bytes, or under other circumstances.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import Refused
from digest.issues.freezing import FrozenIssue
from digest.issues.overrides import overrides_of
from digest.issues.tables import Issue, IssueOverride
from digest.services.preflight.inspection import Inspection, PreflightInput, inspect, read_input
from digest.services.preflight.network import ASKING
from previews.preflight.checks import Preflight
from previews.preflight.finding import Finding

MOST_CHECKS = 3
TOLD_AT_ONCE = 3

Done = TypeVar("Done")


class PreflightFailed(Refused):
    """Errors stand in the way. `findings` are those that nobody has overridden."""

    def __init__(self, number: int, findings: list[Finding]) -> None:
        shown = [_in_short(finding) for finding in findings[:TOLD_AT_ONCE]]
        more = len(findings) - len(shown)
        told = "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
        links = " --links" if any(finding.code in ASKING for finding in findings) else ""
        check = f"digest issues check {number}{links}"
        super().__init__(f"preflight stops issue {number}: {told}. `{check}` explains")
        self.findings = findings


class StillChanging(Refused):
    """It was another issue after each look. What nobody waits for may be tried again later."""

    def __init__(self, number: int, looked: str) -> None:
        super().__init__(
            f"issue {number} was changed each time it had just been {looked}; "
            "try again when nobody is editing it"
        )


class NotChecked(Exception):
    """Undoes a transaction so that what it saw is checked first. Meant for `checked_first`."""

    def __init__(self, seen: PreflightInput, network_seconds: float = 0) -> None:
        super().__init__(f"issue {seen.number} was not checked as it is now")
        self.seen, self.network_seconds = seen, network_seconds


async def checked_first(app: App, work: Callable[[Inspection | None], Awaitable[Done]]) -> Done:
    """Do `work`, one transaction that is given what was checked, until that is what it sees.

    Raises `StillChanging` if the issue is another one after each check.
    """
    inspected: Inspection | None = None
    for _ in range(MOST_CHECKS):
        try:
            return await work(inspected)
        except NotChecked as undone:
            seen, seconds = undone.seen, undone.network_seconds
        inspected = await inspect(app, seen, network_seconds=seconds)
    try:
        return await work(inspected)
    except NotChecked:
        raise StillChanging(seen.number, "checked") from None


async def verified(
    session: AsyncSession,
    app: App,
    issue: Issue,
    inspected: Inspection | None,
    *,
    to_inbox: bool = False,
    network_seconds: float = 0,
) -> Inspection:
    """What was checked, if it is what this transaction sees; else raises `NotChecked`."""
    seen = await read_input(session, app, issue, to_inbox=to_inbox)
    if inspected is None or inspected.seen != seen:
        raise NotChecked(seen, network_seconds)
    return inspected


async def require_preflight(
    session: AsyncSession, issue: Issue, inspected: Inspection
) -> FrozenIssue:
    """The bytes that may go out.

    Raises `PreflightFailed` where an error stands that nobody has overridden by now.
    """
    frozen, found = inspected.frozen, inspected.preflight
    overrides = await let_pass(session, issue, frozen.hash, found) if frozen else {}
    if stopping := blocking(found, overrides):
        raise PreflightFailed(issue.number, stopping)
    assert frozen is not None  # else a finding that nobody can override has said why
    return frozen


async def let_pass(
    session: AsyncSession, issue: Issue, hash_: str, found: Preflight
) -> Mapping[Finding, IssueOverride]:
    """The errors that somebody looked at and let pass, in the issue whose hash is `hash_`.

    Another error of the same code, such as a link that died since, is not among them.
    """
    if not found.errors:
        return {}
    rows = await overrides_of(session, issue, hash_)
    return {
        finding: row
        for finding in found.errors
        for row in rows
        if finding.rule.overridable and row.code == finding.code and finding.detail in row.details
    }


def blocking(found: Preflight, overrides: Mapping[Finding, IssueOverride]) -> list[Finding]:
    """The errors that stand in the way of sending."""
    return [finding for finding in found.errors if finding not in overrides]


def _in_short(finding: Finding) -> str:
    where = f" ({finding.place})" if finding.place.file else ""
    return f"{finding.code} {finding.detail}{where}"
