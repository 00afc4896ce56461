"""An issue's states: which may follow which, changed by conditional update only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases.transitions import move_state
from digest.errors import Refused
from digest.issues.states import IssueState
from digest.issues.tables import Issue

NEXT: dict[IssueState, tuple[IssueState, ...]] = {
    IssueState.DRAFT: (IssueState.APPROVED, IssueState.CANCELLED),
    IssueState.APPROVED: (
        IssueState.DRAFT,
        IssueState.SCHEDULED,
        IssueState.SENDING,
        IssueState.CANCELLED,
    ),
    IssueState.SCHEDULED: (
        IssueState.DRAFT,
        IssueState.SCHEDULED,
        IssueState.SENDING,
        IssueState.CANCELLED,
    ),
    IssueState.SENDING: (IssueState.PAUSED, IssueState.SENT, IssueState.CANCELLED),
    # Not SENDING: that begins a mailing, and there is one already. See `resume`.
    IssueState.PAUSED: (IssueState.SENT, IssueState.CANCELLED),
    IssueState.SENT: (),
    IssueState.CANCELLED: (),
}

ALREADY = {
    IssueState.SENDING: "is already sending",
    IssueState.PAUSED: "is paused in the middle of sending",
    IssueState.SENT: "was sent",
    IssueState.CANCELLED: "was cancelled",
    IssueState.DRAFT: "is a draft; approve it first: `digest issues approve {number}`",
    IssueState.APPROVED: "is approved",
    IssueState.SCHEDULED: "is scheduled",
}


def require_allowed(issue: Issue, after: IssueState | None) -> None:
    """Raise `Refused` if the issue, as it was read, cannot become `after`; None allows any."""
    if after is not None and after not in NEXT[IssueState(issue.state)]:
        raise _refusal(issue)


async def transition(
    session: AsyncSession,
    issue: Issue,
    after: IssueState,
    now: datetime,
    **values: Any,
) -> None:
    """Move an issue to `after`, setting `values`; raises `Refused` if its state forbids it.

    The update is conditional on the state in the database: of two editors, tabs or schedulers
    that do the same at once exactly one succeeds.
    """
    before = [state for state, following in NEXT.items() if after in following]
    await _move(session, issue, before, after, **values)


async def resume(session: AsyncSession, issue: Issue) -> None:
    """Resume the sending of a paused issue; raises `Refused` unless it is paused."""
    await _move(session, issue, [IssueState.PAUSED], IssueState.SENDING, state_reason=None)


async def reopen(session: AsyncSession, issue: Issue, now: datetime) -> None:
    """Make an approved or scheduled issue a draft again; raises `Refused` once it is sending."""
    if issue.state == IssueState.DRAFT:
        return
    await transition(
        session,
        issue,
        IssueState.DRAFT,
        now,
        hash=None,
        manifest=None,
        content=None,
        approved_at=None,
        approved_by=None,
    )


async def _move(
    session: AsyncSession,
    issue: Issue,
    before: Sequence[IssueState],
    after: IssueState,
    **values: Any,
) -> None:
    moved = await move_state(session, Issue, issue.id, before=before, after=after, **values)
    await session.refresh(issue)
    if not moved:
        raise _refusal(issue)


def _refusal(issue: Issue) -> Refused:
    state = ALREADY[IssueState(issue.state)].format(number=issue.number)
    return Refused(f"issue {issue.number} {state}")
