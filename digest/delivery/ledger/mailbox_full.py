"""A full mailbox is a soft failure; one that stays full is given up (RFC 3463, x.2.2).

The rule: suppress after several issues in a row over at least fifteen days. It is
derived from the ledger alone: each issue's last reply to her stands in its
delivery, and an accepted one ends the row. What bounced after it was accepted
counts as full if its reason was set to the bounce's reply.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.ports import Reply
from digest.delivery.states import DeliveryState
from digest.delivery.tables import Delivery, Mailing
from subscribers.states import SuppressionReason
from subscribers.suppression import suppress_reader
from subscribers.tables import Subscriber

SEVERAL_ISSUES = 3
AT_LEAST = timedelta(days=15)
LOOK_BACK = 50  # issues; more than a year of a weekly edition

_FULL_CODES = (452, 552)
_FULL = re.compile(r"[45]\.2\.2")
_REFUSAL = re.compile(r"(?!2\d\d\b).*?\b([45]\d\d)\b(.*)", re.DOTALL)


class Told(NamedTuple):
    """What the ledger tells of one issue and reader: when it was written, and what happened."""

    at: datetime
    state: DeliveryState
    reason: str | None


def is_mailbox_full(reply: Reply) -> bool:
    """4.2.2 or 5.2.2; or 452 or 552 where no enhanced code says what it was about."""
    if reply.enhanced:
        return bool(_FULL.fullmatch(reply.enhanced))
    return reply.code in _FULL_CODES


async def note_mailbox_full(
    session: AsyncSession, subscriber_id: int, mailing_id: int, now: datetime
) -> bool:
    """Call when an issue met a full mailbox, in the transaction that records it.

    True if the reader was suppressed now. Calling it again for the same issue
    changes nothing.
    """
    earlier = await _earlier(session, subscriber_id, mailing_id)
    since = full_since(earlier, now)
    if since is None:
        return False
    subscriber = await session.get_one(Subscriber, subscriber_id)
    source = f"mailbox full since {since:%Y-%m-%d}"
    reason = SuppressionReason.BOUNCE
    return await suppress_reader(session, subscriber, reason, source=source, now=now)


def full_since(earlier: Iterable[Told], now: datetime) -> datetime | None:
    """When the row of full issues began that ends with one full now; None if it is too short.

    `earlier` are her issues before this one, the latest first. Those that say nothing of
    her mailbox (skipped, another error, still open) neither count nor end the row.
    """
    count, first = 1, now
    for told in earlier:
        if _was_full(told.reason):
            count, first = count + 1, told.at
        elif told.state is DeliveryState.ACCEPTED:
            break
    return first if count >= SEVERAL_ISSUES and now - first >= AT_LEAST else None


def _was_full(reason: str | None) -> bool:
    found = _REFUSAL.match(reason or "")
    return found is not None and is_mailbox_full(Reply(int(found[1]), found[2]))


async def _earlier(session: AsyncSession, subscriber_id: int, mailing_id: int) -> list[Told]:
    """By the numbers of issues, not by the reader: the ledger has no index by reader alone."""
    issues = await session.exec(
        select(Mailing.id)
        .where(col(Mailing.issue_id).is_not(None), col(Mailing.id) < mailing_id)
        .order_by(col(Mailing.issue_id).desc())
        .limit(LOOK_BACK)
    )
    rows = await session.exec(
        select(Delivery.updated_at, Delivery.state, Delivery.reason)
        .where(
            col(Delivery.mailing_id).in_(issues.all()),
            col(Delivery.subscriber_id) == subscriber_id,
        )
        .order_by(col(Delivery.mailing_id).desc())
    )
    return [Told(at, DeliveryState(state), reason) for at, state, reason in rows]
