"""One issue with everything that is known of it, as `digest issues show` prints it."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.states import Route
from digest.errors import DigestError
from digest.issues.lookup import candidates_of, get_issue
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.rendering.content.issue_content import IssueContent
from digest.services.installation.running import not_running
from digest.services.issues.drafts import compile_version, edition_of, read_version
from digest.services.result import Result
from digest.services.sending.control import mailing_of
from digest.services.sending.test_mails import SentTest, tests_of
from schedules.tables import Edition
from schedules.words import in_words, when
from subscribers.audience import count


class CandidateReason(Result):
    """Why one comparison is, or is not, in an issue."""

    slug: str
    included: bool
    reason: str


class IssueDetails(Result):
    """One issue. A draft that cannot be compiled has a `problem` instead of subject and hash.

    `plan` says in words when it goes out and to how many readers; `not_running` what is missing
    for it to go out.
    """

    number: int
    edition: str
    state: IssueState
    state_reason: str | None
    date: str
    subject: str | None
    preheader: str | None
    sentence: str | None
    hash: str | None
    problem: str | None
    send_at: datetime | None
    plan: str
    not_running: str | None = None
    approved_by: str | None
    approved_at: datetime | None
    items: list[str]
    candidates: list[CandidateReason]
    tests: list[SentTest]


async def show_issue(app: App, number: int) -> IssueDetails:
    """Everything about one issue. Raises `NotFound`."""
    async with app.store.read() as session:
        issue = await get_issue(session, number)
        edition = await edition_of(session, issue)
        assert issue.id is not None
        candidates = [
            CandidateReason(slug=slug, included=found.included, reason=found.reason)
            for found, slug in await candidates_of(session, issue.id)
        ]
        content, hash_, problem = await _compiled(app, session, issue)
        return IssueDetails(
            number=issue.number,
            edition=edition.slug,
            state=IssueState(issue.state),
            state_reason=issue.state_reason,
            date=issue.issue_date.isoformat(),
            subject=content and content.subject,
            preheader=content and content.preheader,
            sentence=content and content.sentence,
            hash=hash_,
            problem=problem,
            send_at=issue.send_at,
            plan=await _plan(app, session, issue, edition),
            not_running=await _not_running(app, session, issue),
            approved_by=issue.approved_by,
            approved_at=issue.approved_at,
            items=[found.slug for found in candidates if found.included],
            candidates=candidates,
            tests=await tests_of(session, issue),
        )


async def _not_running(app: App, session: AsyncSession, issue: Issue) -> str | None:
    scheduled = issue.state == IssueState.SCHEDULED
    if not scheduled and issue.state != IssueState.SENDING:
        return None
    mailing = await mailing_of(session, issue)
    route = Route(mailing.route) if mailing else Route.RELAY
    return await not_running(session, app.store, app.clock(), route, by_schedule=scheduled)


async def _compiled(
    app: App, session: AsyncSession, issue: Issue
) -> tuple[IssueContent | None, str | None, str | None]:
    """Content, hash and problem; only one of hash and problem is not None."""
    try:
        compiled = await compile_version(await read_version(app, session, issue))
    except DigestError as error:
        return None, None, str(error)
    return compiled.content, compiled.hash, None


async def _plan(app: App, session: AsyncSession, issue: Issue, edition: Edition) -> str:
    if issue.state == IssueState.SCHEDULED and issue.send_at:
        now, readers = app.clock(), await count(session, edition.slug)
        at = when(issue.send_at, edition.zone, now)
        return f"Goes out {at} to {readers:,} readers, {in_words(issue.send_at - now)}."
    if issue.state == IssueState.APPROVED:
        return f"Approved, not scheduled: `digest issues send {issue.number}` or `… schedule`."
    return f"{issue.state}"
