"""Counts and ages from the database, for monitors. None of them is about one reader.

Deliveries and mailings are those of the last week and all unfinished ones, so that reading
the metrics does not get slower over the years.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, union
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import and_, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.states import DeliveryState, MailingKind, MailingState
from digest.delivery.tables import Delivery, Mailing
from digest.errors import DatabaseUnavailable
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.result import Result
from schedules.clock import suspension_note
from schedules.states import SlotState
from schedules.tables import Edition, Slot
from subscribers.counts import counts_since
from subscribers.requests import waiting_by_cap
from subscribers.tables import Subscription

RECENT = timedelta(days=7)
UNFINISHED = col(Mailing.finished_at).is_(None)
UNSENT_SLOTS = (SlotState.PLANNED, SlotState.COMPOSED, SlotState.HELD)


class Metrics(Result):
    """Counts by labels, and ages in seconds (0: nothing waits).

    `deliveries` and `mailings` are by kind and state, `issues` by state, `readers` by edition
    and state, `signups` by outcome since counting began, `signups_waiting` by cap. `queue_age` is
    the time since the oldest waiting delivery became due, paused mailings left out. `lag` is, by
    edition, the time since the oldest unsent slot or scheduled issue should have been sent.
    """

    deliveries: dict[tuple[str, str], int]
    mailings: dict[tuple[str, str], int]
    issues: dict[str, int]
    readers: dict[tuple[str, str], int]
    signups: dict[str, int]
    signups_waiting: dict[str, int]
    queue_age: float
    lag: dict[str, float]
    clock_held: bool


async def read_metrics(app: App) -> Metrics:
    """All metrics, from one snapshot. Raises `DatabaseUnavailable`."""
    try:
        async with app.store.read() as session:
            return await _read(session, app.clock())
    except (SQLAlchemyError, OSError):
        raise DatabaseUnavailable("the database does not answer") from None


async def _read(session: AsyncSession, now: datetime) -> Metrics:
    recent = _recent(now)
    return Metrics(
        deliveries=await _deliveries(session, recent),
        mailings=await _mailings(session, recent),
        issues=await _issues(session),
        readers=await _readers(session),
        signups=await counts_since(session, date.min),
        signups_waiting=await waiting_by_cap(session),
        queue_age=await _queue_age(session, now),
        lag=await _lag(session, now),
        clock_held=await suspension_note(session, now) is not None,
    )


def _recent(now: datetime) -> ColumnElement[bool]:
    """The condition on mailings: recent or unfinished."""
    # A union, not an OR: so each half uses its own index.
    unfinished = select(Mailing.id).where(UNFINISHED)
    recent = select(Mailing.id).where(col(Mailing.created_at) > now - RECENT)
    return col(Mailing.id).in_(union(unfinished, recent))


async def _deliveries(
    session: AsyncSession, recent: ColumnElement[bool]
) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    # One query per kind, not a join with mailings: SQLite would start the join at the
    # deliveries, and read all that ever existed.
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
    """A pending delivery is due since its mailing was created, a deferred one at `not_before`."""
    pending = exists().where(
        col(Delivery.mailing_id) == col(Mailing.id), col(Delivery.state) == DeliveryState.PENDING
    )
    active = and_(UNFINISHED, col(Mailing.state) == MailingState.ACTIVE)
    created = await session.exec(select(func.min(Mailing.created_at)).where(active, pending))
    deferred = await session.exec(
        select(func.min(Delivery.not_before)).where(
            col(Delivery.mailing_id).in_(select(Mailing.id).where(active)),
            col(Delivery.not_before) <= now,
            col(Delivery.state).in_((DeliveryState.DEFERRED, DeliveryState.UNKNOWN)),
        )
    )
    since = [at for at in (created.one(), deferred.one()) if at is not None]
    return _age(min(since), now) if since else 0.0


async def _lag(session: AsyncSession, now: datetime) -> dict[str, float]:
    """A slot with an issue is due when its issue is, which an editor may have moved."""
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
