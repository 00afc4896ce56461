"""How many confirmation mails may go out.

Double opt-in alone does not keep others from flooding an inbox with our mail. Each token
counts as one mail.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, case, func
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers.tables import ConfirmationToken, Subscriber

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class Cap(StrEnum):
    """What a request waits for: the cap of its mailbox, of its domain, or that of all together."""

    MAILBOX = "mailbox"
    DOMAIN = "domain"
    ALL = "all"


@dataclass(frozen=True)
class ConfirmationCaps:
    """The most confirmation mails to one mailbox, to one domain, and in all.

    Of the caps of an hour any source may use the first half. The rest is for sources that had
    fewer than `assured_to_a_source` of them, so that a few networks shut nobody else out.
    """

    per_address_a_day: int = 1
    per_address_unconfirmed: int = 3
    unconfirmed_period: timedelta = timedelta(days=30)
    per_domain_an_hour: int = 200
    in_all_an_hour: int = 2_000
    assured_to_a_source: int = 3


CAPS = ConfirmationCaps()


@dataclass(frozen=True)
class Letter:
    """One more confirmation mail, as the caps see it: keyed hashes, and the domain.

    `origin` is the network that asked for it; None, an editor or an unknown one, has no share.
    """

    address_hash: str
    mailbox: str
    domain: str
    origin: str | None


async def reached(
    session: AsyncSession, letter: Letter, now: datetime, caps: ConfirmationCaps = CAPS
) -> Cap | None:
    """The cap that one more confirmation mail would exceed, if any."""
    if await _mailbox_is_full(session, letter, now, caps):
        return Cap.MAILBOX
    to_domain = ConfirmationToken.domain == letter.domain
    if not await _has_room(session, letter, now, caps, caps.per_domain_an_hour, to_domain):
        return Cap.DOMAIN
    if not await _has_room(session, letter, now, caps, caps.in_all_an_hour):
        return Cap.ALL
    return None


async def _mailbox_is_full(
    session: AsyncSession, letter: Letter, now: datetime, caps: ConfirmationCaps
) -> bool:
    """Used links do not count: confirming shows that the reader wanted the mail."""
    found = await session.exec(
        select(ConfirmationToken.created_at)
        .outerjoin(Subscriber, col(Subscriber.id) == col(ConfirmationToken.subscriber_id))
        .where(
            or_(
                col(Subscriber.address_hash) == letter.address_hash,
                col(ConfirmationToken.mailbox) == letter.mailbox,
            ),
            col(ConfirmationToken.used_at).is_(None),
            ConfirmationToken.created_at > now - caps.unconfirmed_period,
        )
    )
    sent = found.all()
    today = [at for at in sent if at > now - DAY]
    return len(today) >= caps.per_address_a_day or len(sent) >= caps.per_address_unconfirmed


async def _has_room(
    session: AsyncSession,
    letter: Letter,
    now: datetime,
    caps: ConfirmationCaps,
    cap: int,
    *which: ColumnElement[bool] | bool,
) -> bool:
    theirs = case((col(ConfirmationToken.origin) == letter.origin, 1), else_=0)
    found = await session.exec(
        select(func.count(), func.coalesce(func.sum(theirs), 0)).where(
            ConfirmationToken.created_at > now - HOUR, *which
        )
    )
    used, own = found.one()
    if letter.origin is None or own < caps.assured_to_a_source:
        return used < cap
    return used < cap // 2
