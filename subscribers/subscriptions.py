"""A reader's standing with each edition, and how she changes it with her signed links."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers import consent, suppression
from subscribers.address import EmailAddress
from subscribers.agreeing import agree
from subscribers.leaving import end_subscriptions
from subscribers.readers import hold, subscriptions_of
from subscribers.states import ConsentKind, SubscriptionState, SuppressionReason
from subscribers.tables import Subscriber, Subscription

# A signed link in an old mail does not prove that a mailbox which bounced since is back.
NOT_BY_LINK = suppression.NO_CONFIRMATION_MAIL | {SuppressionReason.BOUNCE}


@dataclass(frozen=True)
class Standing:
    """What a reader may see of herself."""

    subscriber_id: int
    address: EmailAddress
    editions: dict[str, SubscriptionState]
    suppressed: frozenset[SuppressionReason]

    @property
    def address_masked(self) -> str:
        """For pages whose links get forwarded."""
        return self.address.masked


@dataclass(frozen=True)
class Changes:
    """What a visit to the preferences changed; `refused` could not be turned on."""

    started: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


async def standing(session: AsyncSession, subscriber_id: int) -> Standing | None:
    """Her standing; None for an unknown or erased reader."""
    subscriber = await session.get(Subscriber, subscriber_id)
    if subscriber is None or subscriber.address is None:
        return None
    return Standing(
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
    """End one edition, or all (None), which also suppresses her address.

    Repeats safely: where nothing is left to end nothing is written, and False is
    returned, as for an unknown or erased reader.
    """
    subscriber = await _known(session, subscriber_id)
    if subscriber is None:
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
    source: str,
    now: datetime,
    wording: str | None = consent.WORDING,
    ip: str | None = None,
) -> Changes:
    """Get exactly the editions `wanted` out of those `offered` (None: out of all).

    Turning one on by her signed link is consent as good as a confirmation, and
    lifts an unsubscribe from all. It is refused while a bounce, a complaint or an
    editor stands in the way.
    """
    subscriber = await _known(session, subscriber_id)
    if subscriber is None:
        return Changes()
    rows = {row.edition: row for row in await subscriptions_of(session, subscriber_id)}
    active = {slug for slug, row in rows.items() if row.state == SubscriptionState.ACTIVE}
    ended = sorted((active - set(wanted)) & (active if offered is None else set(offered)))
    for edition in ended:
        await unsubscribe(session, subscriber_id, edition, source=source, now=now)
    to_start = sorted(set(wanted) - active)
    if await suppression.in_force(session, subscriber.address_hash) & NOT_BY_LINK:
        return Changes(ended=tuple(ended), refused=tuple(to_start))
    for edition in to_start:
        subscription = rows.get(edition) or Subscription(
            subscriber_id=subscriber_id, edition=edition
        )
        await agree(
            session, subscriber, subscription, source=source, now=now, wording=wording, ip=ip
        )
    return Changes(started=tuple(to_start), ended=tuple(ended))


async def _known(session: AsyncSession, subscriber_id: int) -> Subscriber | None:
    """The reader, locked till the transaction ends; None once she is erased."""
    subscriber = await hold(session, subscriber_id)
    return subscriber if subscriber is not None and subscriber.address is not None else None
