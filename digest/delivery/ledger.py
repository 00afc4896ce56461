"""The hot path of the ledger: claim, arm, record, give back.

Each call is one conditional update, committed before it returns (arms and
records of many lanes may share the commit), so that whatever happens in
between, a delivery has exactly one owner. A claim is fenced by its
token: who lost the claim (a lease that ran out) can neither arm nor record.
"""

import random
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.claims import Claim, arming, claim_of, held_by, still_wanted
from digest.delivery.due import find_due
from digest.delivery.grouping import GroupCommit
from digest.delivery.outcomes import Outcome, retry_delay
from digest.delivery.recovery import UNOWNED, ended, mark_unknown
from digest.delivery.tables import (
    Delivery,
    DeliveryState,
    Mailing,
    MailingState,
    Route,
)
from digest.store import Store
from subscribers.suppression import suppress_reader
from subscribers.tables import Subscriber, SuppressionReason

LEASE = timedelta(minutes=15)


class Ledger:
    """One worker's access to the ledger."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._group = GroupCommit(store)
        self.owner = owner

    async def claim(self, routes: Iterable[Route], limit: int, now: datetime) -> list[Claim]:
        """Take up to `limit` deliveries that are due on these routes; letters before issues."""
        token = secrets.token_hex(8)
        async with self._store.write() as session:
            rows = await find_due(session, routes, limit, now)
            await session.exec(
                update(Delivery)
                .where(col(Delivery.id).in_([delivery.id for delivery, _ in rows]))
                .values(
                    state=DeliveryState.CLAIMED,
                    token=token,
                    owner=self.owner,
                    lease_until=now + LEASE,
                    updated_at=now,
                )
            )
        return [claim_of(delivery, mailing, token) for delivery, mailing in rows]

    async def arm(self, claim: Claim, wire_date: datetime, now: datetime) -> bool:
        """Permit the dot: True if the claim, the mailing and the reader's consent all hold."""

        async def arm(session: AsyncSession) -> bool:
            armed = await session.exec(
                arming(claim.kind),
                params={
                    "its_id": claim.delivery_id,
                    "its_token": claim.token,
                    "its_mailing": claim.mailing_id,
                    "its_edition": claim.edition,
                    "the_date": wire_date,
                    "the_time": now,
                },
            )
            return armed.rowcount == 1

        return await self._group.do(arm)

    async def record(self, claim: Claim, outcome: Outcome, now: datetime) -> bool:
        """Write down the outcome of a try; False if the claim was no longer ours.

        An unknown one goes where `recovery.mark_unknown` says.
        """

        async def record(session: AsyncSession) -> bool:
            if outcome.state is DeliveryState.UNKNOWN:
                armed = held_by(claim, DeliveryState.ARMED)
                return await mark_unknown(session, armed, now, reason=outcome.reason or "") == 1
            recorded = await session.exec(
                update(Delivery)
                .where(held_by(claim, DeliveryState.CLAIMED, DeliveryState.ARMED))
                .values(**_recorded(claim, outcome, now), updated_at=now, **UNOWNED)
                .execution_options(synchronize_session=False)
            )
            if recorded.rowcount == 1 and outcome.dead_address and claim.subscriber_id:
                await _suppress(session, claim.subscriber_id, outcome, now)
            return recorded.rowcount == 1

        return await self._group.do(record)

    async def settle_denied(self, claim: Claim, now: datetime) -> DeliveryState | None:
        """Where a delivery goes whose arming was denied; None if the claim was lost."""
        async with self._store.write() as session:
            mailing = await session.get(Mailing, claim.mailing_id)
            wanted = (
                await session.exec(
                    select(still_wanted(claim.kind, claim.edition)).where(
                        held_by(claim, DeliveryState.CLAIMED)
                    )
                )
            ).first()
            if mailing is None or wanted is None:
                return None
            if mailing.state == MailingState.CANCELLED:
                values = ended(DeliveryState.SKIPPED, "cancelled")
            elif not wanted:
                values = ended(DeliveryState.SKIPPED, "no longer subscribed")
            else:
                values = {"state": DeliveryState.PENDING}
            settled = await session.exec(
                update(Delivery)
                .where(held_by(claim, DeliveryState.CLAIMED))
                .values(**values, updated_at=now, **UNOWNED)
                .returning(col(Delivery.state))
                .execution_options(synchronize_session=False)
            )
            return DeliveryState(settled.scalar_one())

    async def give_back(self, claims: Iterable[Claim], now: datetime) -> None:
        """Return claims that were never armed; always safe."""
        async with self._store.write() as session:
            for claim in claims:
                await session.exec(
                    update(Delivery)
                    .where(held_by(claim, DeliveryState.CLAIMED))
                    .values(state=DeliveryState.PENDING, updated_at=now, **UNOWNED)
                )


def _recorded(claim: Claim, outcome: Outcome, now: datetime) -> dict[str, Any]:
    """The values of an outcome; a deferred delivery gets its next hour."""
    attempts = claim.attempts + outcome.charged
    wait = retry_delay(max(attempts, 1), random.random())  # noqa: S311
    return {
        "state": outcome.state,
        "reason": outcome.reason,
        "attempts": attempts,
        "not_before": now + wait if outcome.state is DeliveryState.DEFERRED else None,
    }


async def _suppress(
    session: AsyncSession, subscriber_id: int, outcome: Outcome, now: datetime
) -> None:
    subscriber = await session.get_one(Subscriber, subscriber_id)
    source = outcome.reason or "dead address"
    await suppress_reader(session, subscriber, SuppressionReason.BOUNCE, source=source, now=now)
