"""The accounting of one issue, and of the newest ones."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.accounting import Accounting, account, was_unknown
from digest.delivery.states import DeliveryState, MailingState, Route
from digest.delivery.tables import Delivery
from digest.issues.lookup import get_issue, newest_issues
from digest.issues.tables import Issue
from digest.services.installation.running import not_running
from digest.services.result import Result
from digest.services.sending.control import mailing_of
from digest.services.sending.counted import CountedResult

PROBLEM_STATES = (
    DeliveryState.REJECTED,
    DeliveryState.HELD,
    DeliveryState.UNKNOWN,
    DeliveryState.EXPIRED,
)
PROBLEMS_SHOWN = 50
NEWEST = 20
NOBODY = Accounting(
    recipients=0,
    accepted=0,
    rejected=0,
    skipped=0,
    expired=0,
    held=0,
    open=0,
    in_flight=0,
    unknown=0,
    deferred=0,
    ever_unknown=0,
)


class DeliveryProblem(Result):
    """One delivery that was rejected, held, expired, or ever unknown."""

    delivery: int
    address: str
    state: DeliveryState
    unknowns: int
    reason: str | None


class IssueReport(CountedResult):
    """An issue's report; `problems` lists the first problem deliveries, at most 50.

    `not_running` says what is missing for the open ones to go out.
    """

    accounting: Accounting
    number: int
    state: str
    state_reason: str | None
    started_at: datetime | None
    finished_at: datetime | None
    not_running: str | None = None
    problems: list[DeliveryProblem]


async def issue_report(app: App, number: int) -> IssueReport:
    """The report of one issue. Raises `NotFound`."""
    async with app.store.read() as session:
        issue = await get_issue(session, number)
        mailing = await mailing_of(session, issue)
        missing = None
        if mailing is not None and mailing.state == MailingState.ACTIVE:
            missing = await not_running(session, app.store, app.clock(), Route(mailing.route))
        return IssueReport(
            number=number,
            state=issue.state,
            state_reason=issue.state_reason,
            started_at=issue.started_at,
            finished_at=issue.finished_at,
            accounting=await _accounting(session, issue),
            not_running=missing,
            problems=await _problems(session, mailing.id) if mailing and mailing.id else [],
        )


class IssueRow(Result):
    """One line of the list of issues."""

    number: int
    state: str
    date: str
    subject: str | None
    accounting: Accounting


async def list_issues(app: App, newest: int | None = NEWEST) -> list[IssueRow]:
    """The newest issues with their accounting, newest first; None: all of them.

    The deliveries of each are counted, a million in a tenth of a second.
    """
    async with app.store.read() as session:
        return [
            IssueRow(
                number=issue.number,
                state=issue.state,
                date=issue.issue_date.isoformat(),
                subject=(issue.content or {}).get("subject") or issue.subject,
                accounting=await _accounting(session, issue),
            )
            for issue in await newest_issues(session, newest)
        ]


async def _accounting(session: AsyncSession, issue: Issue) -> Accounting:
    mailing = await mailing_of(session, issue)
    return await account(session, mailing.id) if mailing and mailing.id else NOBODY


async def _problems(session: AsyncSession, mailing_id: int) -> list[DeliveryProblem]:
    """The first problems of each kind, found along an index however many there are."""
    kinds = [col(Delivery.state) == state for state in PROBLEM_STATES]
    found: dict[int | None, Delivery] = {}
    for kind in (*kinds, was_unknown()):
        rows = await session.exec(
            select(Delivery)
            .where(Delivery.mailing_id == mailing_id, kind)
            .order_by(col(Delivery.id))
            .limit(PROBLEMS_SHOWN)
        )
        found |= {row.id: row for row in rows}
    first = sorted(found.values(), key=lambda row: row.id or 0)[:PROBLEMS_SHOWN]
    return [
        DeliveryProblem(
            delivery=row.id or 0,
            address=row.address,
            state=DeliveryState(row.state),
            unknowns=row.unknowns,
            reason=row.reason,
        )
        for row in first
    ]
