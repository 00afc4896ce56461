"""Recording the outcome of a try: its effect on the delivery, and on the reader."""

import random
from datetime import datetime

from sqlalchemy import String, literal
from sqlmodel import update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.ledger.claims import Claim, held_by
from digest.delivery.ledger.commits import Record, kept_reason
from digest.delivery.ledger.mailbox_full import note_mailbox_full
from digest.delivery.ledger.recovery import UNOWNED, mark_unknown
from digest.delivery.outcomes import Outcome, retry_delay
from digest.delivery.replies import ReplyKind
from digest.delivery.states import DeliveryState, MailingKind
from digest.delivery.tables import Delivery
from subscribers.readers import lock_reader
from subscribers.states import SuppressionReason
from subscribers.suppression import suppress_reader
from subscribers.tables import Subscriber


def is_rare(claim: Claim, outcome: Outcome) -> bool:
    """Whether an outcome changes more than the delivery's row."""
    unknown = outcome.state is DeliveryState.UNKNOWN
    return unknown or outcome.dead_address or _is_full(claim, outcome)


def _is_full(claim: Claim, outcome: Outcome) -> bool:
    """Whether an issue met a full mailbox."""
    return outcome.kind is ReplyKind.FULL and claim.kind is MailingKind.ISSUE


async def record_outcome(
    session: AsyncSession, claim: Claim, outcome: Outcome, now: datetime
) -> None:
    """Record an outcome and all that it changes, in the caller's transaction."""
    if outcome.state is DeliveryState.UNKNOWN:
        armed = held_by(claim, DeliveryState.ARMED)
        await mark_unknown(session, armed, now, reason=outcome.reason or "")
        return
    if claim.subscriber_id is not None:
        # The reader's row before the delivery's, in the order in which an erasure locks them:
        # the other way round the two transactions could deadlock.
        await lock_reader(session, claim.subscriber_id)
    record = record_of(claim, outcome, now)
    reply = record.reply
    recorded = await session.exec(
        update(Delivery)
        .where(held_by(claim, DeliveryState.CLAIMED, DeliveryState.ARMED))
        .values(
            state=record.state,
            reason=kept_reason(literal(record.reason, String)),
            reply_code=reply.code if reply else None,
            enhanced_code=reply.enhanced if reply else None,
            reply_kind=record.kind,
            attempts=record.attempts,
            not_before=record.not_before,
            updated_at=now,
            **UNOWNED,
        )
        .execution_options(synchronize_session=False)
    )
    # A claim that was lost meanwhile changes no reader: its successor decides.
    if recorded.rowcount != 1 or claim.subscriber_id is None:
        return
    if outcome.dead_address:
        await _suppress(session, claim.subscriber_id, outcome, now)
    elif _is_full(claim, outcome):
        await note_mailbox_full(session, claim.subscriber_id, claim.mailing_id, now)


def record_of(claim: Claim, outcome: Outcome, now: datetime) -> Record:
    """An outcome as it is stored; a deferred delivery gets the time of its next try."""
    attempts = claim.attempts + outcome.charged
    not_before = None
    if outcome.state is DeliveryState.DEFERRED:
        by_schedule = retry_delay(max(attempts, 1), random.random())  # noqa: S311
        not_before = now + (by_schedule if outcome.wait is None else outcome.wait)
    state, reason, reply = outcome.state, outcome.reason, outcome.reply
    return Record(claim, state, reason, reply, attempts, not_before, now, outcome.kind)


async def _suppress(
    session: AsyncSession, subscriber_id: int, outcome: Outcome, now: datetime
) -> None:
    subscriber = await session.get_one(Subscriber, subscriber_id)
    reply = outcome.reply  # only its codes: the text often quotes the address
    source = f"{reply.code} {reply.enhanced or ''}".strip() if reply else "dead address"
    await suppress_reader(session, subscriber, SuppressionReason.BOUNCE, source=source, now=now)
