"""The public archive: issues that were sent, without anything personal."""

from datetime import date, datetime

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.states import DeliveryState
from digest.delivery.tables import Delivery
from digest.errors import NotFound
from digest.issues.freezing import compiled_variant
from digest.issues.lookup import CARRIED, get_issue
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.rendering.content.issue_content import IssueContent
from digest.services.result import Result
from digest.services.sending.control import mailing_of

ARRIVING = (DeliveryState.ACCEPTED, DeliveryState.ARMED)


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


class WebVersion(Result):
    """An issue's page. `listed`: it is in the archive too, so search engines may have it."""

    html: str
    listed: bool


async def web_version(app: App, number: int) -> WebVersion:
    """A published issue without anything personal. Raises `NotFound`.

    One that was cancelled while it was sent is no longer listed, but opens for the readers who
    have it: their mail links to it.
    """
    async with app.store.read() as session:
        issue = await get_issue(session, number)
        listed = issue.state in CARRIED
        if issue.id is None or not (listed or await _is_in_a_mailbox(session, issue)):
            raise NotFound(f"issue {number} is not published")
        html = (await compiled_variant(session, issue.id, "web")).html(None)
    return WebVersion(html=html, listed=listed)


async def _is_in_a_mailbox(session: AsyncSession, issue: Issue) -> bool:
    """Whether the issue was cancelled after somebody had got it."""
    mailing = await mailing_of(session, issue)
    if issue.state != IssueState.CANCELLED or mailing is None:
        return False
    arrived = select(Delivery.id).where(
        Delivery.mailing_id == mailing.id,
        or_(col(Delivery.state).in_(ARRIVING), col(Delivery.unknowns) > 0),
    )
    return (await session.exec(arrived.limit(1))).first() is not None
