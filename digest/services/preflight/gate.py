"""Preflight as a gate: an act on an issue waits for a check of exactly what it acts on.

Checking many variants takes a second, for which no other writer should wait. So the issue
is checked outside any transaction, and the act happens in a transaction that still sees the
same input: a check never counts for other bytes or under other circumstances.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import Refused
from digest.issues.freezing import FrozenIssue, keep_redated
from digest.issues.lookup import get_issue
from digest.issues.overrides import overrides_of
from digest.issues.states import IssueState
from digest.issues.tables import Issue, IssueOverride
from digest.issues.transitions import require_allowed
from digest.services.issues.drafts import IssueDraft
from digest.services.preflight.inspection import Inspection, inspect, read_input
from digest.services.preflight.network import ASKING
from digest.store import Queue
from previews.preflight.checks import Preflight
from previews.preflight.finding import Finding

MOST_CHECKS = 3
FINDINGS_SHOWN = 3

Done = TypeVar("Done")
Act = Callable[[AsyncSession, Issue, Inspection], Awaitable[Done]]
Precheck = Callable[[AsyncSession, Issue], Awaitable[object]]


class PreflightFailed(Refused):
    """Errors block the issue. `findings` are those that nobody has overridden."""

    def __init__(self, number: int, findings: list[Finding]) -> None:
        shown = [_in_short(finding) for finding in findings[:FINDINGS_SHOWN]]
        more = len(findings) - len(shown)
        found = "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
        links = " --links" if any(finding.code in ASKING for finding in findings) else ""
        check = f"digest issues check {number}{links}"
        super().__init__(f"preflight stops issue {number}: {found}. `{check}` explains")
        self.findings = findings


class StillChanging(Refused):
    """The issue was different after each check. The engine retries at its next tick."""

    def __init__(self, number: int, done: str = "checked") -> None:
        super().__init__(
            f"issue {number} was changed each time it had just been {done}; "
            "try again when nobody is editing it"
        )


async def act_on_inspected(
    app: App,
    number: int,
    act: Act[Done],
    *,
    becoming: IssueState | None = None,
    precheck: Precheck | None = None,
    send_at: datetime | None = None,
    to_inbox: bool = False,
    network_seconds: float = 0,
) -> Done:
    """Inspect an issue, then `act` in one transaction that still sees what was inspected.

    `becoming` is the state that the act leads to: an issue that cannot reach it is refused
    before it is checked. `precheck` raises for other reasons that make a check pointless; the
    act must look at them again. `send_at` is the planned time, where the act is to set one.
    Raises `Refused`, or `StillChanging` if the issue is different after each check.
    """
    for _ in range(MOST_CHECKS):
        async with app.store.read() as session:
            issue = await get_issue(session, number)
            require_allowed(issue, becoming)
            if precheck is not None:
                await precheck(session, issue)
            seen = await read_input(session, app, issue, to_inbox=to_inbox, send_at=send_at)
        inspection = await inspect(app, seen, network_seconds=network_seconds)
        async with app.store.write(Queue.EDITING) as session:
            issue = await get_issue(session, number)
            require_allowed(issue, becoming)  # an edit during the check explains itself
            now = await read_input(session, app, issue, to_inbox=to_inbox, send_at=send_at)
            if now == inspection.input:
                return await act(session, issue, inspection)
    raise StillChanging(number)


async def require_preflight(
    session: AsyncSession, issue: Issue, inspection: Inspection
) -> FrozenIssue:
    """The bytes that may be sent; an approved issue that got a new date keeps these instead.

    Raises `PreflightFailed` for an error that nobody has overridden by now.
    """
    frozen, preflight = inspection.frozen, inspection.preflight
    draft, approved = inspection.input.version, issue.hash
    # What was overridden at the approval holds for the same bytes with another date.
    hash_ = approved or (frozen.hash if frozen else None)
    overrides = await active_overrides(session, issue, hash_, preflight) if hash_ else {}
    if errors := blocking(preflight, overrides):
        raise PreflightFailed(issue.number, errors)
    assert frozen is not None  # else a finding that cannot be overridden has said why
    if approved and isinstance(draft, IssueDraft) and frozen.hash != approved:
        await keep_redated(session, issue, frozen, draft.templates)
    return frozen


async def active_overrides(
    session: AsyncSession, issue: Issue, hash_: str, preflight: Preflight
) -> Mapping[Finding, IssueOverride]:
    """The errors that somebody has overridden in the issue whose hash is `hash_`.

    Another error of the same code, such as a link that died since, is not among them.
    """
    if not preflight.errors:
        return {}
    rows = await overrides_of(session, issue, hash_)
    return {
        finding: row
        for finding in preflight.errors
        for row in rows
        if finding.rule.overridable and row.code == finding.code and finding.detail in row.details
    }


def blocking(preflight: Preflight, overrides: Mapping[Finding, IssueOverride]) -> list[Finding]:
    """The errors that block approval and sending."""
    return [finding for finding in preflight.errors if finding not in overrides]


def _in_short(finding: Finding) -> str:
    where = f" ({finding.place})" if finding.place.file else ""
    return f"{finding.code} {finding.detail}{where}"
