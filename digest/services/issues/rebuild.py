"""Compiling an approved issue again from its frozen sources."""

from digest.app import App
from digest.issues import freezing
from digest.issues.lookup import get_issue
from digest.services.result import Result


class RebuiltIssue(Result):
    """The hash of the rebuilt issue beside the approved one, and what differs."""

    number: int
    hash: str
    approved_hash: str | None
    same: bool
    differences: list[str]


async def rebuild_issue(app: App, number: int) -> RebuiltIssue:
    """Rebuild an issue and compare. Raises `NotFound`, or `Refused` if it was never approved."""
    async with app.store.read() as session:
        issue = await get_issue(session, number)
        frozen, differences = await freezing.rebuild(session, issue)
    return RebuiltIssue(
        number=number,
        hash=frozen.hash,
        approved_hash=issue.hash,
        same=not differences,
        differences=differences,
    )
