"""Suppressing those of whom an imported file says that they left, bounced or complained."""

from datetime import datetime

from sqlalchemy import exists, insert, literal, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.sqltypes import UTCDateTime

from digest.databases import dialect_of
from subscribers.importing.outcomes import SUPPRESSING
from subscribers.importing.staging import STAGED, readers_of, says
from subscribers.readers import end_subscriptions, rewrite_subscriptions
from subscribers.states import ConsentKind, SubscriptionState, SuppressionReason
from subscribers.suppression import ENDING, suppressed
from subscribers.tables import ConsentEvent, Subscriber, Subscription, Suppression


class ImportedSuppressions:
    """Puts what the staged rows say of leavers, bounces and complaints into force."""

    def __init__(self, session: AsyncSession, *, source: str, now: datetime) -> None:
        self._session, self._source, self._now = session, source, now

    async def write(self) -> None:
        """Suppress the addresses, and end or rewrite the open subscriptions of readers."""
        for reason in SUPPRESSING:
            await self._of(reason)
        await self._stop_readers()

    async def _of(self, reason: SuppressionReason) -> None:
        staged = STAGED.c.outcome.in_(SUPPRESSING.values()) & says(STAGED, reason)
        now = literal(self._now, UTCDateTime())
        await self._session.exec(
            insert(ConsentEvent).from_select(
                ["subscriber_id", "kind", "at", "source"],
                readers_of(
                    None,
                    literal(ConsentKind.SUPPRESSED.value),
                    now,
                    literal(f"{reason}: {self._source}"),
                )
                .where(staged, ~suppressed(STAGED.c.address_hash, {reason}))
                .distinct(),
            )
        )
        rows = select(STAGED.c.address_hash, literal(reason.value), now, literal(self._source))
        await self._session.exec(
            dialect_of(self._session)
            .insert_or_ignore(Suppression)
            .from_select(["address_hash", "reason", "at", "source"], rows.where(staged))
        )

    async def _stop_readers(self) -> None:
        """What is being armed at this moment must see it, see `rewrite_subscriptions`."""
        open_ones = exists().where(
            col(Subscription.subscriber_id) == col(Subscriber.id),
            col(Subscription.state) != SubscriptionState.ENDED,
        )
        staged = STAGED.c.outcome.in_(SUPPRESSING.values()) & open_ones
        connection = await self._session.connection()
        found = await connection.execute(readers_of(None, STAGED.c.reasons).where(staged))
        for subscriber_id, reasons in found.all():
            if any(reason in reasons.split() for reason in ENDING):
                await end_subscriptions(self._session, subscriber_id, None, self._now)
            else:
                await rewrite_subscriptions(self._session, subscriber_id)
