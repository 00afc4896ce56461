"""How many confirmation mails may go out: one token row counts as one mail.

Double opt-in alone does not keep others from flooding an inbox with our mail.
"""

from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers.tables import ConfirmationToken, Subscriber

PER_ADDRESS_A_DAY = 1
PER_ADDRESS_UNCONFIRMED = 3
UNCONFIRMED_PERIOD = timedelta(days=30)
PER_DOMAIN_AN_HOUR = 200
IN_ALL_AN_HOUR = 2_000


async def too_many(session: AsyncSession, address_hash: str, domain: str, now: datetime) -> bool:
    """Whether one more confirmation mail to this address would break a cap."""
    return await _to_address(session, address_hash, now) or await _in_an_hour(session, domain, now)


async def _to_address(session: AsyncSession, address_hash: str, now: datetime) -> bool:
    """What she confirmed no longer counts: it was she who asked."""
    found = await session.exec(
        select(ConfirmationToken.created_at)
        .join(Subscriber, col(Subscriber.id) == col(ConfirmationToken.subscriber_id))
        .where(
            Subscriber.address_hash == address_hash,
            col(ConfirmationToken.used_at).is_(None),
            ConfirmationToken.created_at > now - UNCONFIRMED_PERIOD,
        )
    )
    sent = found.all()
    today = [at for at in sent if at > now - timedelta(days=1)]
    return len(today) >= PER_ADDRESS_A_DAY or len(sent) >= PER_ADDRESS_UNCONFIRMED


async def _in_an_hour(session: AsyncSession, domain: str, now: datetime) -> bool:
    counting = (
        select(func.count())
        .select_from(ConfirmationToken)
        .where(ConfirmationToken.created_at > now - timedelta(hours=1))
    )
    in_all = (await session.exec(counting)).one()
    to_domain = (await session.exec(counting.where(ConfirmationToken.domain == domain))).one()
    return in_all >= IN_ALL_AN_HOUR or to_domain >= PER_DOMAIN_AN_HOUR
