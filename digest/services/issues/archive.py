"""The public archive: issues that were sent, without anything personal."""

from datetime import date, datetime

from sqlmodel import col, select

from digest.app import App
from digest.errors import NotFound
from digest.issues.freezing import compiled_variant
from digest.issues.lookup import CARRIED, get_issue
from digest.issues.tables import Issue
from digest.rendering.content.issue_content import IssueContent
from digest.services.result import Result


class PublishedIssue(Result):
    """One line of the archive. `sent_at` is when sending started."""

    number: int
    date: date
    edition_name: str
    subject: str
    headline: str
    sent_at: datetime


async def published_issues(app: App) -> list[PublishedIssue]:
    """Issues that are sent or sending, newest first."""
    async with app.store.read() as session:
        rows = await session.exec(
            select(Issue).where(col(Issue.state).in_(CARRIED)).order_by(col(Issue.number).desc())
        )
        return [_published(issue) for issue in rows]


def _published(issue: Issue) -> PublishedIssue:
    content = IssueContent.model_validate(issue.content)
    return PublishedIssue(
        number=issue.number,
        date=content.date,
        edition_name=content.edition_name,
        subject=content.subject,
        headline=content.headline,
        sent_at=issue.started_at or issue.created_at,
    )


async def web_version(app: App, number: int) -> str:
    """The HTML of a published issue without anything personal. Raises `NotFound`."""
    async with app.store.read() as session:
        issue = await get_issue(session, number)
        if issue.state not in CARRIED or issue.id is None:
            raise NotFound(f"issue {number} is not published")
        return (await compiled_variant(session, issue.id, "web")).html(None)
