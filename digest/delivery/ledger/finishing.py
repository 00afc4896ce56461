"""Ends mailings without open deliveries; an issue that hardly anybody got does not end as sent."""

from datetime import datetime

from sqlalchemy import exists, func
from sqlmodel import col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.ledger.accounting import Accounting, account
from digest.delivery.ledger.refused import held_refusal, hold_refused, not_the_readers
from digest.delivery.states import OPEN_STATES, DeliveryState, MailingKind, MailingState
from digest.delivery.tables import Delivery, Mailing

# Fewer than one acceptance in so many tries: hardly anybody got it.
HARDLY = 10


async def finish(session: AsyncSession, now: datetime) -> list[int]:
    """End the mailings that have no open delivery, and return them; cancelled ones stay so.

    An issue is paused instead if it was refused for more readers than accepted it, for
    reasons that were not theirs. It ends as cancelled if hardly anybody accepted it.
    """
    theirs = col(Delivery.mailing_id) == col(Mailing.id)
    # What is held to be tried again is open too, until the mailing is resumed or too late.
    open_ones = or_(col(Delivery.state).in_(OPEN_STATES), held_refusal())
    found = await session.exec(
        select(Mailing).where(
            col(Mailing.finished_at).is_(None), ~exists().where(theirs, open_ones)
        )
    )
    return [mailing.id or 0 for mailing in found.all() if await _finish(session, mailing, now)]


async def _finish(session: AsyncSession, mailing: Mailing, now: datetime) -> bool:
    assert mailing.id is not None
    state, reason = MailingState(mailing.state), mailing.state_reason
    if state is not MailingState.CANCELLED:
        state = MailingState.FINISHED
        if mailing.kind == MailingKind.ISSUE:
            counts = await account(session, mailing.id)
            refused = await _refused(session, mailing.id)
            if refused > counts.accepted:
                await hold_refused(session, mailing.id, now)
                state, reason = MailingState.PAUSED, _refusals(counts, refused)
            elif _hardly_anybody(counts):
                state, reason = MailingState.CANCELLED, _failures(counts)
    finished_at = None if state is MailingState.PAUSED else now
    changed = await session.exec(
        update(Mailing)
        # Another worker, or an editor, may have been faster.
        .where(
            col(Mailing.id) == mailing.id,
            col(Mailing.finished_at).is_(None),
            col(Mailing.state) == mailing.state,
        )
        .values(finished_at=finished_at, state=state, state_reason=reason)
        .execution_options(synchronize_session=False)
    )
    await session.refresh(mailing)
    return changed.rowcount == 1 and finished_at is not None


async def _refused(session: AsyncSession, mailing_id: int) -> int:
    """How many were refused at last, for reasons that were not the reader's."""
    found = await session.exec(
        select(func.count()).where(
            col(Delivery.mailing_id) == mailing_id,
            col(Delivery.state) == DeliveryState.REJECTED,
            not_the_readers(),
        )
    )
    return found.one()


def _hardly_anybody(counts: Accounting) -> bool:
    arrived = counts.accepted + counts.held  # a doubtful one may have arrived
    return arrived * HARDLY < arrived + counts.rejected + counts.expired


def _refusals(counts: Accounting, refused: int) -> str:
    return (
        f"refused for {refused:,} of {counts.recipients:,} readers for reasons that were not "
        f"theirs, and accepted for {counts.accepted:,}; `digest issues report` has the replies"
    )


def _failures(counts: Accounting) -> str:
    ends = [(counts.rejected, "rejected"), (counts.expired, "expired")]
    words = " and ".join(f"{count:,} {what}" for count, what in ends if count)
    return f"accepted for {counts.accepted:,} of {counts.recipients:,} readers: {words}"
