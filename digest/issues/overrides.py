"""Overrides: who let a preflight error pass, and why. They hold for the hash looked at."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.issues.tables import Issue, IssueOverride


async def overrides_of(
    session: AsyncSession, issue: Issue, hash_: str
) -> Mapping[str, IssueOverride]:
    """code → the override of an issue whose hash is `hash_`; those of another are void."""
    rows = await session.exec(
        select(IssueOverride).where(IssueOverride.issue_id == issue.id, IssueOverride.hash == hash_)
    )
    return {row.code: row for row in rows}


async def add_override(
    session: AsyncSession,
    issue: Issue,
    code: str,
    *,
    hash_: str,
    by: str,
    reason: str,
    now: datetime,
) -> None:
    """Record one; the same again changes nothing."""
    assert issue.id is not None
    if code in await overrides_of(session, issue, hash_):
        return
    session.add(
        IssueOverride(
            issue_id=issue.id, code=code, hash=hash_, by=by, reason=reason, created_at=now
        )
    )
    await session.flush()
