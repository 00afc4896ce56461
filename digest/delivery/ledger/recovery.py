"""Housekeeping of the ledger: what dead workers left, what ran out of time, what is done.

Every worker runs this at its start and every few seconds; running it twice, or
in two processes at once, changes nothing more. It asks for claimed and armed
deliveries, and for unfinished mailings, each along an index of only those: a
million that wait, or that went out last year, cost nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, exists
from sqlmodel import and_, col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.guards.liveness import Liveness
from digest.delivery.states import OPEN_STATES, DeliveryState, MailingState
from digest.delivery.tables import Delivery, Mailing

# Long enough for a bounce or a click to tell that the first copy did arrive.
RETRY_UNKNOWN_AFTER = timedelta(seconds=30)

UNOWNED: dict[str, Any] = {"token": None, "owner": None, "lease_until": None}


@dataclass(frozen=True)
class Tidied:
    """What one round of housekeeping changed."""

    freed: int
    unknown: int
    expired: int
    finished: list[int]


async def tidy(
    session: AsyncSession, liveness: Liveness, now: datetime, *, expire_by: datetime | None = None
) -> Tidied:
    """Free what dead workers hold, expire what is late, finish mailings with nothing open.

    `expire_by` is the instant by which it is late, if the clock is not to be believed.
    """
    dead = await _dead_owners(session, liveness)
    freed = await _free_claims(session, dead, now)
    unknown = await mark_unknown(
        session,
        and_(col(Delivery.owner).in_(dead), col(Delivery.state) == DeliveryState.ARMED),
        now,
        reason="the sending process died between the final dot and our record",
    )
    await sweep_cancelled(session, now)
    expired = await _expire(session, min(now, expire_by or now))
    return Tidied(freed, unknown, expired, await _finish(session, now))


async def mark_unknown(
    session: AsyncSession, which: ColumnElement[bool], now: datetime, *, reason: str
) -> int:
    """Move armed deliveries to `unknown`, or to `held` where no further try is allowed.

    At most one more try: a second unknown outcome, or a mailing that is set to hold,
    leaves the reader with at most one copy more than we know of.
    """
    resend = (
        select(Mailing.resend_unknown)
        .where(col(Mailing.id) == col(Delivery.mailing_id))
        .scalar_subquery()
    )
    may_resend = and_(col(Delivery.unknowns) == 0, resend)
    result = await session.exec(
        update(Delivery)
        .where(which)
        .values(
            state=case((may_resend, DeliveryState.UNKNOWN), else_=DeliveryState.HELD),
            unknowns=col(Delivery.unknowns) + 1,
            not_before=now + RETRY_UNKNOWN_AFTER,
            reason=reason,
            updated_at=now,
            **UNOWNED,
        )
        .execution_options(synchronize_session=False)
    )
    return result.rowcount


async def _dead_owners(session: AsyncSession, liveness: Liveness) -> list[str]:
    owners = await session.exec(
        select(Delivery.owner).where(col(Delivery.owner).is_not(None)).distinct()
    )
    return [owner for owner in owners if owner and not liveness.is_alive(owner)]


async def _free_claims(session: AsyncSession, dead: list[str], now: datetime) -> int:
    result = await session.exec(
        update(Delivery)
        .where(
            col(Delivery.owner).is_not(None),
            col(Delivery.state) == DeliveryState.CLAIMED,
            or_(col(Delivery.lease_until) < now, col(Delivery.owner).in_(dead)),
        )
        .values(state=DeliveryState.PENDING, updated_at=now, **UNOWNED)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount


async def sweep_cancelled(session: AsyncSession, now: datetime) -> None:
    """End what waits of a cancelled mailing; claims given back after the cancel end here later."""
    cancelled = col(Mailing.state) == MailingState.CANCELLED
    await _end(session, cancelled, DeliveryState.SKIPPED, "cancelled", now)


async def _expire(session: AsyncSession, now: datetime) -> int:
    late = col(Mailing.give_up_at) <= now
    return await _end(session, late, DeliveryState.EXPIRED, "not accepted in time", now)


async def _end(
    session: AsyncSession,
    of_mailings: ColumnElement[bool],
    state: DeliveryState,
    reason: str,
    now: datetime,
) -> int:
    mailings = select(Mailing.id).where(col(Mailing.finished_at).is_(None), of_mailings)
    waiting = (DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.UNKNOWN)
    result = await session.exec(
        update(Delivery)
        .where(col(Delivery.mailing_id).in_(mailings), col(Delivery.state).in_(waiting))
        .values(**ended(state, reason), updated_at=now)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount


def ended(state: DeliveryState, reason: str) -> dict[str, Any]:
    """The values that end an open delivery; who may have got a copy is held, not called unsent."""
    doubtful = col(Delivery.unknowns) > 0
    return {
        "state": case((doubtful, DeliveryState.HELD), else_=state),
        "reason": case((doubtful, f"outcome unknown, then {reason}"), else_=reason),
    }


async def _finish(session: AsyncSession, now: datetime) -> list[int]:
    """Mailings with nothing open are done; a cancelled one stays called cancelled."""
    still_open = exists().where(
        col(Delivery.mailing_id) == col(Mailing.id), col(Delivery.state).in_(OPEN_STATES)
    )
    result = await session.exec(
        update(Mailing)
        .where(col(Mailing.finished_at).is_(None), ~still_open)
        .values(
            finished_at=now,
            state=case(
                (col(Mailing.state) == MailingState.CANCELLED, MailingState.CANCELLED),
                else_=MailingState.FINISHED,
            ),
        )
        .returning(col(Mailing.id))
        .execution_options(synchronize_session=False)
    )
    return [row[0] for row in result.all()]
