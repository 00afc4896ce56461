"""A reader's subscriptions, and how the reader changes them through signed links."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers import consent, suppression
from subscribers.address import EmailAddress
from subscribers.readers import end_subscriptions, lock_reader, subscriptions_of
from subscribers.states import ConsentKind, SubscriptionState, SuppressionReason
from subscribers.tables import Subscriber, Subscription

# A signed link in an old mail does not prove that a mailbox which has bounced since is back.
NOT_BY_LINK = suppression.NO_CONFIRMATION_MAIL | {SuppressionReason.BOUNCE}

# Ending is never limited; but each start is a row of the consent log, and a link may be shared.
STARTS_AN_HOUR = 10


@dataclass(frozen=True)
class ReaderStatus:
    """What a reader may see of their own data."""

    subscriber_id: int
    address: EmailAddress
    editions: dict[str, SubscriptionState]
    suppressed: frozenset[SuppressionReason]


@dataclass(frozen=True)
class EditionChanges:
    """What a visit to the preferences changed.

    `refused` could not be turned on while a suppression is in force; `put_off` was turned on
    and off too often within the hour.
    """

    started: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    put_off: tuple[str, ...] = ()


async def reader_status(session: AsyncSession, subscriber_id: int) -> ReaderStatus | None:
    """The status of a reader; None if unknown or erased."""
    subscriber = await session.get(Subscriber, subscriber_id)
    if subscriber is None or subscriber.address is None:
        return None
    return ReaderStatus(
        subscriber_id=subscriber_id,
        address=EmailAddress.parse(subscriber.address),
        editions={
            row.edition: SubscriptionState(row.state)
            for row in await subscriptions_of(session, subscriber_id)
        },
        suppressed=await suppression.in_force(session, subscriber.address_hash),
    )


async def unsubscribe(
    session: AsyncSession,
    subscriber_id: int,
    edition: str | None,
    *,
    source: str,
    now: datetime,
) -> bool:
    """End one edition, or all (None), which also suppresses the address.

    May be repeated: where nothing is left to end nothing is written, and the result is
    False, as for an unknown or erased reader.
    """
    subscriber = await lock_reader(session, subscriber_id)
    if subscriber is None or subscriber.address is None:
        return False
    changed = await end_subscriptions(session, subscriber_id, edition, now) > 0
    if edition is None:
        reason = SuppressionReason.UNSUBSCRIBE
        address_hash = subscriber.address_hash
        changed |= await suppression.add(session, address_hash, reason, source=source, now=now)
    if changed:
        consent.record(
            session,
            subscriber_id,
            ConsentKind.UNSUBSCRIBED,
            at=now,
            source=source,
            edition=edition,
        )
    return changed


async def set_editions(
    session: AsyncSession,
    subscriber_id: int,
    wanted: Collection[str],
    *,
    offered: Collection[str] | None = None,
    ticked: Collection[str] | None = None,
    source: str,
    now: datetime,
    wording: str | None = consent.WORDING,
    ip: str | None = None,
) -> EditionChanges:
    """Subscribe the reader to `wanted` out of the editions `offered` (None: all).

    `ticked` are those that the form showed as theirs, None if that is not known. Only what the
    reader changed counts: a form that was opened long ago says nothing about the rest.

    Turning an edition on through a signed link is consent as good as a confirmation, and
    lifts an unsubscribe from all. It is refused while a bounce, a complaint or an editor's
    suppression is in force.
    """
    subscriber = await lock_reader(session, subscriber_id)
    if subscriber is None or subscriber.address is None:
        return EditionChanges()
    rows = {row.edition: row for row in await subscriptions_of(session, subscriber_id)}
    active = {slug for slug, row in rows.items() if row.state == SubscriptionState.ACTIVE}
    shown = active if ticked is None else set(ticked)
    unticked = (shown - set(wanted)) & (active if offered is None else set(offered))
    ended = sorted(unticked & active)
    for edition in ended:
        await unsubscribe(session, subscriber_id, edition, source=source, now=now)
    to_start = sorted(set(wanted) - shown - active)
    if await suppression.in_force(session, subscriber.address_hash) & NOT_BY_LINK:
        return EditionChanges(ended=tuple(ended), refused=tuple(to_start))
    if to_start and await _starts_often(session, subscriber_id, now):
        return EditionChanges(ended=tuple(ended), put_off=tuple(to_start))
    for edition in to_start:
        subscription = rows.get(edition) or Subscription(
            subscriber_id=subscriber_id, edition=edition
        )
        await activate(
            session, subscriber, subscription, source=source, now=now, wording=wording, ip=ip
        )
    return EditionChanges(started=tuple(to_start), ended=tuple(ended))


async def _starts_often(session: AsyncSession, subscriber_id: int, now: datetime) -> bool:
    since = now - timedelta(hours=1)
    started = await consent.count_since(session, subscriber_id, ConsentKind.CONFIRMED, since)
    return started >= STARTS_AN_HOUR


async def activate(
    session: AsyncSession,
    subscriber: Subscriber,
    subscription: Subscription,
    *,
    source: str,
    now: datetime,
    wording: str | None = None,
    ip: str | None = None,
) -> None:
    """Mail this edition from now on; for a locked reader who agreed and proved their mailbox.

    Lifts the suppressions that a reader may lift.
    """
    assert subscriber.id is not None
    subscription.state = SubscriptionState.ACTIVE
    subscription.confirmed_at = now
    subscription.ended_at = subscription.requested_at = None
    session.add(subscription)
    await suppression.lift_by_reader(session, subscriber, source=source, now=now)
    consent.record(
        session,
        subscriber.id,
        ConsentKind.CONFIRMED,
        at=now,
        source=source,
        edition=subscription.edition,
        wording=wording,
        ip=ip,
    )
