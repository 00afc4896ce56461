"""Doubtful deliveries: accepted, and not sent again, once it is proven that a copy arrived.

Only what the copy itself carried is proof: its return path names the delivery, its
unsubscribe or confirmation link the reader and the edition. A preferences link names the
reader alone and is in every older mail, so it proves nothing. Opening a page proves nothing
either, because scanners do that; only the reader's POST does.

A delivery whose second try is armed at this moment is left alone: the relay may be
accepting it.
"""

from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, literal_column, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.ledger.recovery import UNOWNED
from digest.delivery.states import DeliveryState, MailingKind
from digest.delivery.tables import Delivery, Mailing

# Every state of a doubtful delivery but armed. Taking the token away makes any later arm fail.
DOUBTFUL_STATES = (
    DeliveryState.UNKNOWN,
    DeliveryState.PENDING,
    DeliveryState.CLAIMED,
    DeliveryState.DEFERRED,
    DeliveryState.HELD,
)


async def accept_doubtful_delivery(
    session: AsyncSession, delivery_id: int, what: str, now: datetime
) -> bool:
    """Something came back that names this delivery, such as a bounce to its return path.

    `what` completes the reason "unknown, then …". True if the delivery was doubtful.
    """
    return await _accept(session, col(Delivery.id) == delivery_id, what, now) == 1


async def accept_doubtful_of_reader(
    session: AsyncSession,
    subscriber_id: int,
    edition: str,
    what: str,
    now: datetime,
    *,
    kind: MailingKind = MailingKind.ISSUE,
) -> int:
    """The reader used a link of the edition; returns how many deliveries were doubtful.

    Applies to all that were sent to the reader before `now`: the link does not say which of
    them it was in, and after an unsubscribe or a confirmation none is to be sent again.
    """
    mailings = select(Mailing.id).where(
        col(Mailing.kind) == kind,
        col(Mailing.edition) == edition,
        col(Mailing.id) == col(Delivery.mailing_id),
    )
    theirs = and_(col(Delivery.subscriber_id) == subscriber_id, mailings.exists())
    return await _accept(session, theirs, what, now)


async def _accept(
    session: AsyncSession, which: ColumnElement[bool], what: str, now: datetime
) -> int:
    result = await session.exec(
        update(Delivery)
        .where(
            # A literal, as in the partial index of doubtful rows, or the index is not used.
            col(Delivery.unknowns) > literal_column("0"),
            which,
            col(Delivery.state).in_(DOUBTFUL_STATES),
            col(Delivery.wire_date) <= now,
        )
        .values(
            state=DeliveryState.ACCEPTED,
            reason=f"unknown, then {what}",
            reply_code=None,  # an earlier try's, and superseded
            enhanced_code=None,
            reply_kind=None,
            not_before=None,
            updated_at=now,
            **UNOWNED,
        )
        .execution_options(synchronize_session=False)
    )
    return result.rowcount
