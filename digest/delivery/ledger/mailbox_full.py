"""A full mailbox is a soft failure; one that stays full is suppressed (RFC 3463, x.2.2).

The rule: suppress after several issues in a row over at least fifteen days. It is derived
from the ledger alone: each delivery keeps what its last reply was about, and an accepted
issue ends the row. A bounce that arrives after acceptance counts if its kind was stored in
the delivery. An issue that met many full mailboxes does not count.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.replies import ReplyKind
from digest.delivery.states import DeliveryState
from digest.delivery.tables import Delivery, Mailing
from subscribers.states import SuppressionReason
from subscribers.suppression import suppress_reader
from subscribers.tables import Subscriber

SEVERAL_ISSUES = 3
AT_LEAST = timedelta(days=15)
LOOK_BACK = 50  # issues; almost a year of a weekly edition

# So many full mailboxes in one issue say something about the relay, and nothing about readers.
CROWD, CROWD_SHARE = 5, 0.05

# What the last reply was about says nothing here: the issue was withdrawn, or may have arrived.
UNDECIDED = (DeliveryState.SKIPPED, DeliveryState.HELD)


class EarlierIssue(NamedTuple):
    """What the ledger knows of one issue to a reader: its state, when it got it, and the reply."""

    at: datetime
    state: DeliveryState
    reply_kind: ReplyKind | None


async def note_mailbox_full(
    session: AsyncSession, subscriber_id: int, mailing_id: int, now: datetime
) -> bool:
    """Apply the rule; to be called in the transaction that records a full mailbox.

    True if this suppressed the reader. Repeating it for the same issue changes nothing.
    """
    earlier = await _earlier_issues(session, subscriber_id, mailing_id)
    since = full_since(earlier, now)
    if since is None or await _is_crowded(session, mailing_id):
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
        if issue.reply_kind == ReplyKind.FULL:
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
        select(Delivery.mailing_id, Delivery.updated_at, Delivery.state, Delivery.reply_kind)
        .where(
            col(Delivery.mailing_id).in_(issues.all()),
            col(Delivery.subscriber_id) == subscriber_id,
        )
        .order_by(col(Delivery.mailing_id).desc())
    )
    return [
        EarlierIssue(at, DeliveryState(state), ReplyKind(kind) if kind else None)
        for number, at, state, kind in rows.all()
        if kind != ReplyKind.FULL or not await _is_crowded(session, number)
    ]


async def _is_crowded(session: AsyncSession, mailing_id: int) -> bool:
    """Whether so many readers of an issue were full that it says nothing about any of them."""
    recipients = col(Delivery.mailing_id) == mailing_id
    full = await session.exec(
        select(func.count()).where(
            recipients,
            # Of a large issue almost all are accepted, and need not be read.
            col(Delivery.state) != DeliveryState.ACCEPTED,
            col(Delivery.reply_kind) == ReplyKind.FULL,
        )
    )
    count = full.one()
    if count <= CROWD:
        return False
    everybody = await session.exec(select(func.count()).where(recipients))
    return count > CROWD_SHARE * everybody.one()
