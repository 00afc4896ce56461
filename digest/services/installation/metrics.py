"""How things stand, in numbers read from the database: what a monitor asks for.

All of it is counts and ages; nothing here is about one reader. Deliveries and
mailings are those of the last week and whatever is still being sent, so that
the price of a look does not grow with the years.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, union
from sqlmodel import and_, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.states import DeliveryState, MailingKind, MailingState
from digest.delivery.tables import Delivery, Mailing
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from schedules.clock import hold_note
from schedules.states import SlotState
from schedules.tables import Edition, Slot
from subscribers.tables import Subscription

RECENT = timedelta(days=7)
UNFINISHED = col(Mailing.finished_at).is_(None)
UNSENT_SLOTS = (SlotState.PLANNED, SlotState.COMPOSED, SlotState.HELD)


@dataclass(frozen=True)
class Measures:
    """Counts by labels, and ages in seconds (0: nothing waits).

    `queue_age`: since the oldest delivery that is due, of a mailing that is not
    held, became due. `lag` by edition: since the oldest unsent slot or scheduled
    issue should have gone out.
    """

    deliveries: dict[tuple[str, str], int]
    mailings: dict[tuple[str, str], int]
    issues: dict[str, int]
    readers: dict[tuple[str, str], int]
    queue_age: float
    lag: dict[str, float]
    clock_held: bool


async def measure(app: App) -> Measures:
    """Read everything in one look."""
    now = app.clock()
    async with app.store.read() as session:
        recent = _recent(now)
        return Measures(
            deliveries=await _deliveries(session, recent),
            mailings=await _mailings(session, recent),
            issues=await _issues(session),
            readers=await _readers(session),
            queue_age=await _queue_age(session, now),
            lag=await _lag(session, now),
            clock_held=await hold_note(session, now) is not None,
        )


def _recent(now: datetime) -> ColumnElement[bool]:
    """A condition for mailings. Not an OR: each half has an index of its own."""
    unfinished = select(Mailing.id).where(UNFINISHED)
    of_late = select(Mailing.id).where(col(Mailing.created_at) > now - RECENT)
    return col(Mailing.id).in_(union(unfinished, of_late))


async def _deliveries(
    session: AsyncSession, recent: ColumnElement[bool]
) -> dict[tuple[str, str], int]:
    """By kind of mailing and state.

    Not a join: SQLite would begin it at the deliveries, and read all there ever were.
    """
    found: dict[tuple[str, str], int] = {}
    for kind in MailingKind:
        mailings = select(Mailing.id).where(recent, Mailing.kind == kind)
        rows = await session.exec(
            select(Delivery.state, func.count())
            .where(col(Delivery.mailing_id).in_(mailings))
            .group_by(col(Delivery.state))
        )
        found |= {(str(kind), str(state)): count for state, count in rows}
    return found


async def _mailings(
    session: AsyncSession, recent: ColumnElement[bool]
) -> dict[tuple[str, str], int]:
    rows = await session.exec(
        select(Mailing.kind, Mailing.state, func.count())
        .where(recent)
        .group_by(col(Mailing.kind), col(Mailing.state))
    )
    return {(str(kind), str(state)): count for kind, state, count in rows}


async def _issues(session: AsyncSession) -> dict[str, int]:
    rows = await session.exec(select(Issue.state, func.count()).group_by(col(Issue.state)))
    return {str(state): count for state, count in rows}


async def _readers(session: AsyncSession) -> dict[tuple[str, str], int]:
    rows = await session.exec(
        select(Subscription.edition, Subscription.state, func.count()).group_by(
            col(Subscription.edition), col(Subscription.state)
        )
    )
    return {(edition, str(state)): count for edition, state, count in rows}


async def _queue_age(session: AsyncSession, now: datetime) -> float:
    """A pending delivery is due since its mailing began, a postponed one since its hour."""
    pending = exists().where(
        col(Delivery.mailing_id) == col(Mailing.id), col(Delivery.state) == DeliveryState.PENDING
    )
    active = and_(UNFINISHED, col(Mailing.state) == MailingState.ACTIVE)
    begun = await session.exec(select(func.min(Mailing.created_at)).where(active, pending))
    postponed = await session.exec(
        select(func.min(Delivery.not_before)).where(
            col(Delivery.mailing_id).in_(select(Mailing.id).where(active)),
            col(Delivery.not_before) <= now,
            col(Delivery.state).in_((DeliveryState.DEFERRED, DeliveryState.UNKNOWN)),
        )
    )
    since = [at for at in (begun.one(), postponed.one()) if at is not None]
    return _age(min(since), now) if since else 0.0


async def _lag(session: AsyncSession, now: datetime) -> dict[str, float]:
    """Slots with an issue are due at the issue's hour, which an editor may have moved."""
    slots = await session.exec(
        select(Edition.slug, func.coalesce(Issue.send_at, Slot.send_at))
        .join(Slot, col(Slot.edition_id) == col(Edition.id))
        .outerjoin(
            Issue, (col(Issue.slot_id) == col(Slot.id)) & (Issue.state != IssueState.CANCELLED)
        )
        .where(
            col(Edition.active).is_(True),
            col(Slot.state).in_(UNSENT_SLOTS),
            col(Slot.send_at) <= now,
        )
    )
    extras = await session.exec(
        select(Edition.slug, Issue.send_at)
        .join(Issue, col(Issue.edition_id) == col(Edition.id))
        .where(col(Issue.slot_id).is_(None), col(Issue.state) == IssueState.SCHEDULED)
    )
    editions = await session.exec(select(Edition.slug).where(col(Edition.active).is_(True)))
    lag = dict.fromkeys(editions, 0.0)
    for slug, due in [*slots, *extras]:
        if due is not None and due < now:
            lag[slug] = max(lag.get(slug, 0.0), _age(due, now))
    return lag


def _age(since: datetime, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0)
