"""Later evidence that a doubtful copy arrived: then it is accepted, and not sent again.

Only what the copy itself carried is evidence: its return path names the
delivery, its unsubscribe or confirmation link the reader and the edition. A
preferences link names the reader alone, may stand in any older mail, and
proves nothing. Nor does opening a page: GET changes nothing here, so that a
scanner's visit has no effect; the reader's own POST has.

A copy in doubt whose second try is armed at this moment is left alone: the relay
may be taking it.
"""

from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, literal_column, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.ledger.recovery import UNOWNED
from digest.delivery.states import DeliveryState, MailingKind
from digest.delivery.tables import Delivery, Mailing

# All in which a delivery can be after an unknown outcome but armed; to arm fails from here on,
# since it asks for the token that is taken away.
SETTLED_FROM = (
    DeliveryState.UNKNOWN,
    DeliveryState.PENDING,
    DeliveryState.CLAIMED,
    DeliveryState.DEFERRED,
    DeliveryState.HELD,
)


async def settle_delivery(
    session: AsyncSession, delivery_id: int, what: str, now: datetime
) -> bool:
    """Something came back that names this very delivery, such as a bounce to its return path.

    `what` completes the reason "unknown, then …". True if it was in doubt.
    """
    return await _settle(session, col(Delivery.id) == delivery_id, what, now) == 1


async def settle_reader(
    session: AsyncSession,
    subscriber_id: int,
    edition: str,
    what: str,
    now: datetime,
    *,
    kind: MailingKind = MailingKind.ISSUE,
) -> int:
    """She used a link that names her and the edition; how many deliveries were in doubt.

    All that were sent to her before `now`: which of them the link came from cannot be
    told, and after an unsubscribe or a confirmation none of them is wanted again.
    """
    mailings = select(Mailing.id).where(
        col(Mailing.kind) == kind,
        col(Mailing.edition) == edition,
        col(Mailing.id) == col(Delivery.mailing_id),
    )
    hers = and_(col(Delivery.subscriber_id) == subscriber_id, mailings.exists())
    return await _settle(session, hers, what, now)


async def _settle(
    session: AsyncSession, which: ColumnElement[bool], what: str, now: datetime
) -> int:
    result = await session.exec(
        update(Delivery)
        .where(
            # Written out, since an index of the few doubtful ones is found by these very words.
            col(Delivery.unknowns) > literal_column("0"),
            which,
            col(Delivery.state).in_(SETTLED_FROM),
            col(Delivery.wire_date) <= now,
        )
        .values(
            state=DeliveryState.ACCEPTED,
            reason=f"unknown, then {what}",
            not_before=None,
            updated_at=now,
            **UNOWNED,
        )
        .execution_options(synchronize_session=False)
    )
    return result.rowcount
