"""Housekeeping of the ledger: free what dead workers hold, expire what is late, finish mailings.

Every worker runs it at its start and every few seconds. Running it twice, or in two
processes at once, changes nothing more. It finds claimed and armed deliveries, and
unfinished mailings, along indexes that hold only those, so a million deliveries that wait,
or that went out last year, cost nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case
from sqlmodel import and_, col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.guards.liveness import Liveness
from digest.delivery.ledger.finishing import finish
from digest.delivery.ledger.refused import held_refusal
from digest.delivery.states import DeliveryState, MailingState
from digest.delivery.tables import Delivery, Mailing

# Time for a bounce or a click to show that the first copy arrived.
RETRY_UNKNOWN_AFTER = timedelta(seconds=30)

# The values that take a delivery out of any worker's hands; its claim can do nothing more.
UNOWNED: dict[str, Any] = {"token": None, "owner": None, "lease_until": None}


@dataclass(frozen=True)
class Tidied:
    """What one round of housekeeping changed; `finished` are mailings, the rest deliveries."""

    freed: int
    unknown: int
    expired: int
    finished: list[int]


async def tidy(
    session: AsyncSession, liveness: Liveness, now: datetime, *, expire_by: datetime | None = None
) -> Tidied:
    """Run one round.

    `expire_by` is the time by which deliveries are late, if the clock cannot be trusted.
    """
    dead = await _dead_owners(session, liveness)
    freed = await _free_claims(session, dead, now)
    unknown = await mark_unknown(
        session,
        and_(col(Delivery.owner).in_(dead), col(Delivery.state) == DeliveryState.ARMED),
        now,
        reason="the sending process died between the final dot and our record",
    )
    # After the dead workers' deliveries were freed, so that those end in this round too, and
    # before mailings are finished, which need all of theirs to have ended.
    await skip_cancelled(session, now)
    expired = await _expire(session, min(now, expire_by or now))
    return Tidied(freed, unknown, expired, await finish(session, now))


async def mark_unknown(
    session: AsyncSession, which: ColumnElement[bool], now: datetime, *, reason: str
) -> int:
    """Move armed deliveries to `unknown`, or to `held` where no further try is allowed.

    A first unknown outcome gets one more try, unless the mailing is set to hold; a second
    one is held. So there are at most two copies, or with `hold` at most one.
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
            reply_code=None,  # this try got no reply
            enhanced_code=None,
            reply_kind=None,
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
            # Always safe, even if the owner lives: it can no longer arm without its token.
            or_(col(Delivery.lease_until) < now, col(Delivery.owner).in_(dead)),
        )
        .values(state=DeliveryState.PENDING, updated_at=now, **UNOWNED)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount


async def skip_cancelled(session: AsyncSession, now: datetime) -> None:
    """End what waits of cancelled mailings; a claim that is given back later ends next time."""
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
    waiting = col(Delivery.state).in_(
        (DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.UNKNOWN)
    )
    result = await session.exec(
        update(Delivery)
        .where(col(Delivery.mailing_id).in_(mailings), or_(waiting, held_refusal()))
        .values(**ended(state, reason), updated_at=now)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount


def ended(state: DeliveryState, reason: str) -> dict[str, Any]:
    """The values that end an open delivery without a reply.

    A doubtful one is held instead: its reader may have a copy, so it must not count as unsent.
    The codes of the last reply stay, since they say why it was not accepted before.
    """
    doubtful = col(Delivery.unknowns) > 0
    return {
        "state": case((doubtful, DeliveryState.HELD), else_=state),
        "reason": case((doubtful, f"outcome unknown, then {reason}"), else_=reason),
        # With a kind it would count as held to be tried again.
        "reply_kind": case((doubtful, None), else_=col(Delivery.reply_kind)),
    }
