"""How many confirmation mails may go out.

Double opt-in alone does not keep others from flooding an inbox with our mail. Each token
counts as one mail.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers.tables import ConfirmationToken, Subscriber

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class ConfirmationCaps:
    """The most confirmation mails to one address, to one domain, and in all."""

    per_address_a_day: int = 1
    per_address_unconfirmed: int = 3
    unconfirmed_period: timedelta = timedelta(days=30)
    per_domain_an_hour: int = 200
    in_all_an_hour: int = 2_000


CAPS = ConfirmationCaps()


async def too_many(
    session: AsyncSession,
    address_hash: str,
    domain: str,
    now: datetime,
    caps: ConfirmationCaps = CAPS,
) -> bool:
    """Whether one more confirmation mail to this address would exceed a cap."""
    return await _too_many_to_address(session, address_hash, now, caps) or (
        await _too_many_in_an_hour(session, domain, now, caps)
    )


async def _too_many_to_address(
    session: AsyncSession, address_hash: str, now: datetime, caps: ConfirmationCaps
) -> bool:
    """Used links do not count: confirming shows that the reader wanted the mail."""
    found = await session.exec(
        select(ConfirmationToken.created_at)
        .join(Subscriber, col(Subscriber.id) == col(ConfirmationToken.subscriber_id))
        .where(
            Subscriber.address_hash == address_hash,
            col(ConfirmationToken.used_at).is_(None),
            ConfirmationToken.created_at > now - caps.unconfirmed_period,
        )
    )
    sent = found.all()
    today = [at for at in sent if at > now - DAY]
    return len(today) >= caps.per_address_a_day or len(sent) >= caps.per_address_unconfirmed


async def _too_many_in_an_hour(
    session: AsyncSession, domain: str, now: datetime, caps: ConfirmationCaps
) -> bool:
    counting = (
        select(func.count())
        .select_from(ConfirmationToken)
        .where(ConfirmationToken.created_at > now - HOUR)
    )
    in_all = (await session.exec(counting)).one()
    to_domain = (await session.exec(counting.where(ConfirmationToken.domain == domain))).one()
    return in_all >= caps.in_all_an_hour or to_domain >= caps.per_domain_an_hour
