"""An issue's states: which may follow which, changed by conditional update only."""

from datetime import datetime
from typing import Any

from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.errors import Refused
from digest.issues.tables import Issue, IssueState

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
    IssueState.PAUSED: (IssueState.SENDING, IssueState.SENT, IssueState.CANCELLED),
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


async def turn(
    session: AsyncSession,
    issue: Issue,
    after: IssueState,
    now: datetime,
    **values: Any,
) -> None:
    """Move an issue to `after`, setting `values`; raises `Refused` if its state forbids it.

    The update is conditional on the state in the database, so of two people (or
    two tabs, or two schedulers) who do the same at once exactly one succeeds.
    """
    before = [state for state, following in NEXT.items() if after in following]
    result = await session.exec(
        update(Issue)
        .where(col(Issue.id) == issue.id, col(Issue.state).in_(before))
        .values(state=after, **values)
        .execution_options(synchronize_session=False)
    )
    await session.refresh(issue)
    if result.rowcount != 1:
        is_what = ALREADY[IssueState(issue.state)].format(number=issue.number)
        raise Refused(f"issue {issue.number} {is_what}")
