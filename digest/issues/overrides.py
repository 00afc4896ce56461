"""Overrides of preflight errors: who, why, and for which hash and findings."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.issues.tables import Issue, IssueOverride


async def overrides_of(session: AsyncSession, issue: Issue, hash_: str) -> Sequence[IssueOverride]:
    """The overrides given at `hash_`, oldest first; those given at other hashes are void."""
    rows = await session.exec(
        select(IssueOverride)
        .where(IssueOverride.issue_id == issue.id, IssueOverride.hash == hash_)
        .order_by(col(IssueOverride.id))
    )
    return rows.all()


async def add_override(
    session: AsyncSession,
    issue: Issue,
    code: str,
    details: Collection[str],
    *,
    hash_: str,
    by: str,
    reason: str,
    now: datetime,
) -> None:
    """Record an override of the findings with these `details`, unless all are covered already."""
    assert issue.id is not None
    known = await overrides_of(session, issue, hash_)
    new = set(details).difference(*(row.details for row in known if row.code == code))
    if not new:
        return
    session.add(
        IssueOverride(
            issue_id=issue.id,
            code=code,
            hash=hash_,
            details=sorted(new),
            by=by,
            reason=reason,
            created_at=now,
        )
    )
    await session.flush()
