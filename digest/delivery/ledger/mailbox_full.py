"""A full mailbox is a soft failure; one that stays full is suppressed (RFC 3463, x.2.2).

The rule: suppress after several issues in a row over at least fifteen days. It is derived
from the ledger alone: each delivery keeps the codes of its last reply, and an accepted
issue ends the row. A bounce that arrives after acceptance counts if its codes were stored
in the delivery.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.states import DeliveryState
from digest.delivery.tables import Delivery, Mailing
from subscribers.states import SuppressionReason
from subscribers.suppression import suppress_reader
from subscribers.tables import Subscriber

SEVERAL_ISSUES = 3
AT_LEAST = timedelta(days=15)
LOOK_BACK = 50  # issues; almost a year of a weekly edition

FULL_CODES = (452, 552)
FULL_ENHANCED_CODES = ("4.2.2", "5.2.2")

# What the last reply was about says nothing here: the issue was withdrawn, or may have arrived.
UNDECIDED = (DeliveryState.SKIPPED, DeliveryState.HELD)


class EarlierIssue(NamedTuple):
    """What the ledger knows of one issue to a reader: its state, when it got it, and the reply."""

    at: datetime
    state: DeliveryState
    reply_code: int | None
    enhanced_code: str | None


def is_mailbox_full(code: int | None, enhanced: str | None) -> bool:
    """4.2.2 or 5.2.2; or 452 or 552 without an enhanced code, which would be more precise."""
    return enhanced in FULL_ENHANCED_CODES if enhanced else code in FULL_CODES


async def note_mailbox_full(
    session: AsyncSession, subscriber_id: int, mailing_id: int, now: datetime
) -> bool:
    """Apply the rule; to be called in the transaction that records a full mailbox.

    True if this suppressed the reader. Repeating it for the same issue changes nothing.
    """
    earlier = await _earlier_issues(session, subscriber_id, mailing_id)
    since = full_since(earlier, now)
    if since is None:
        return False
    subscriber = await session.get_one(Subscriber, subscriber_id)
    source = f"mailbox full since {since:%Y-%m-%d}"
    reason = SuppressionReason.BOUNCE
    return await suppress_reader(session, subscriber, reason, source=source, now=now)


def full_since(earlier: Iterable[EarlierIssue], now: datetime) -> datetime | None:
    """When the row of full issues that ends now began; None if it is too short to suppress.

    `earlier` are the reader's issues before this one, latest first. Issues that say nothing
    about the mailbox (skipped, another error, not yet tried) neither count nor end the row.
    """
    count, first = 1, now
    for issue in earlier:
        if issue.state in UNDECIDED:
            continue
        if is_mailbox_full(issue.reply_code, issue.enhanced_code):
            count, first = count + 1, issue.at
        elif issue.state is DeliveryState.ACCEPTED:
            break
    return first if count >= SEVERAL_ISSUES and now - first >= AT_LEAST else None


async def _earlier_issues(
    session: AsyncSession, subscriber_id: int, mailing_id: int
) -> list[EarlierIssue]:
    """Found by the numbers of mailings, since the ledger has no index by reader alone."""
    issues = await session.exec(
        select(Mailing.id)
        .where(col(Mailing.issue_id).is_not(None), col(Mailing.id) < mailing_id)
        .order_by(col(Mailing.issue_id).desc())
        .limit(LOOK_BACK)
    )
    rows = await session.exec(
        select(Delivery.updated_at, Delivery.state, Delivery.reply_code, Delivery.enhanced_code)
        .where(
            col(Delivery.mailing_id).in_(issues.all()),
            col(Delivery.subscriber_id) == subscriber_id,
        )
        .order_by(col(Delivery.mailing_id).desc())
    )
    return [EarlierIssue(at, DeliveryState(state), *codes) for at, state, *codes in rows]
