"""Finding issues, and the comparisons that an edition has already carried."""

from datetime import datetime

from sqlalchemy import func
from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.catalogue.tables import Comparison
from digest.errors import NotFound
from digest.issues.states import IssueState
from digest.issues.tables import Candidate, Issue

# From here on an issue's items count as carried, whatever becomes of single deliveries.
CARRIED = (IssueState.SENDING, IssueState.PAUSED, IssueState.SENT)
CARRIED_HOW = {
    IssueState.APPROVED: "approved",
    IssueState.SCHEDULED: "approved",
    IssueState.CANCELLED: "partly sent",
}
FROZEN = (IssueState.APPROVED, IssueState.SCHEDULED, *CARRIED)


async def get_issue(session: AsyncSession, number: int, *, lock: bool = False) -> Issue:
    """The issue with that number; `lock` locks its row. Raises `NotFound`."""
    query = select(Issue).where(Issue.number == number)
    issue = (await session.exec(query.with_for_update() if lock else query)).first()
    if issue is None:
        raise NotFound(f"there is no issue {number}; `digest issues list` shows them")
    return issue


async def newest_issues(session: AsyncSession, newest: int | None = None) -> list[Issue]:
    """The newest issues, newest first; None: all of them."""
    query = select(Issue).order_by(col(Issue.number).desc()).limit(newest)
    return list(await session.exec(query))


async def list_numbers(session: AsyncSession) -> list[int]:
    """The numbers of all issues, newest first."""
    return list(await session.exec(select(Issue.number).order_by(col(Issue.number).desc())))


async def issue_of_slot(session: AsyncSession, slot_id: int) -> Issue | None:
    """The slot's issue, if there is one that was not cancelled."""
    return (
        await session.exec(
            select(Issue).where(Issue.slot_id == slot_id, Issue.state != IssueState.CANCELLED)
        )
    ).first()


async def issue_last_of_slot(session: AsyncSession, slot_id: int) -> Issue | None:
    """The same; where there is none, the last that was cancelled after its sending began."""
    begun = select(Issue).where(Issue.slot_id == slot_id, col(Issue.started_at).is_not(None))
    current = await issue_of_slot(session, slot_id)
    return current or (await session.exec(begun.order_by(col(Issue.id).desc()))).first()


async def next_number(session: AsyncSession) -> int:
    """The next free number: they count up over all editions and are never reused."""
    highest = (await session.exec(select(func.max(Issue.number)))).one()
    return (highest or 0) + 1


async def candidates_of(session: AsyncSession, issue_id: int) -> list[tuple[Candidate, str]]:
    """(candidate, slug) pairs: the included in reading order, then the others by slug."""
    rows = await session.exec(
        select(Candidate, Comparison.slug)
        .join(Comparison, col(Comparison.id) == col(Candidate.comparison_id))
        .where(Candidate.issue_id == issue_id)
        .order_by(col(Candidate.included).desc(), col(Candidate.position), col(Comparison.slug))
    )
    return [(candidate, slug) for candidate, slug in rows]


async def carried_in(session: AsyncSession, edition_id: int, besides: int | None) -> dict[str, str]:
    """slug → the issue of this edition that carries it: 'sent in #41', 'approved in #42'.

    An issue that was cancelled while sending counts, because some readers have it. `besides` is
    the id of an issue to leave out.
    """
    cancelled_while_sending = and_(
        col(Issue.state) == IssueState.CANCELLED, col(Issue.started_at).is_not(None)
    )
    rows = await session.exec(
        select(Comparison.slug, Issue.number, Issue.state)
        .join(Candidate, col(Candidate.comparison_id) == col(Comparison.id))
        .join(Issue, col(Issue.id) == col(Candidate.issue_id))
        .where(
            Issue.edition_id == edition_id,
            or_(col(Issue.state).in_(FROZEN), cancelled_while_sending),
            col(Candidate.included),
            Issue.id != besides,
        )
    )
    return {
        slug: f"{CARRIED_HOW.get(IssueState(state), 'sent')} in #{number}"
        for slug, number, state in rows
    }


async def previous_sending(
    session: AsyncSession, edition_id: int, before: int | None = None
) -> datetime | None:
    """When the edition last started to send an issue; `before` counts only smaller numbers."""
    latest = select(func.max(Issue.started_at)).where(
        Issue.edition_id == edition_id, col(Issue.state).in_(CARRIED)
    )
    if before is not None:
        latest = latest.where(col(Issue.number) < before)
    return (await session.exec(latest)).one()
