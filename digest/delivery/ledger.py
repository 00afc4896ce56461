"""The hot path of the ledger: claim, arm, record, give back.

Each call is one conditional update, committed before it returns (arms and
records of many lanes may share the commit), so that whatever happens in
between, a delivery has exactly one owner. A claim is fenced by its
token: who lost the claim (a lease that ran out) can neither arm nor record.
"""

import random
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Update, bindparam, case, exists, true
from sqlmodel import and_, col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.grouping import GroupCommit
from digest.delivery.outcomes import Outcome, retry_delay
from digest.delivery.recovery import UNOWNED, ended, mark_unknown
from digest.delivery.tables import (
    Delivery,
    DeliveryState,
    Mailing,
    MailingKind,
    MailingState,
    Route,
)
from digest.store import Store
from subscribers.audience import confirmable, still_subscribed
from subscribers.suppression import suppress_reader
from subscribers.tables import Subscriber, SuppressionReason

LEASE = timedelta(minutes=15)


@dataclass(frozen=True)
class Claim:
    """A delivery in a worker's hands, and what it needs to write the message."""

    delivery_id: int
    token: str
    mailing_id: int
    kind: MailingKind
    route: Route
    edition: str | None
    subscriber_id: int | None
    address: str
    variant: str
    message_id: str
    attempts: int = 0


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
            due = (
                select(Delivery, Mailing)
                .join(Mailing, col(Mailing.id) == col(Delivery.mailing_id))
                .where(
                    col(Mailing.state) == MailingState.ACTIVE,
                    col(Mailing.route).in_(list(routes)),
                    col(Mailing.give_up_at) > now,
                    _is_due(now),
                )
                .order_by(
                    case((col(Mailing.kind) == MailingKind.ISSUE, 1), else_=0), col(Delivery.id)
                )
                .limit(limit)
            )
            rows = (await session.exec(due)).all()
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
        return [_claim(delivery, mailing, token) for delivery, mailing in rows]

    async def arm(self, claim: Claim, wire_date: datetime, now: datetime) -> bool:
        """Permit the dot: True if the claim, the mailing and the reader's consent all hold."""

        async def arm(session: AsyncSession) -> bool:
            armed = await session.exec(
                _arming(claim.kind),
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
                armed = _held_by(claim, DeliveryState.ARMED)
                return await mark_unknown(session, armed, now, reason=outcome.reason or "") == 1
            recorded = await session.exec(
                update(Delivery)
                .where(_held_by(claim, DeliveryState.CLAIMED, DeliveryState.ARMED))
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
                    select(_still_wanted(claim.kind, claim.edition)).where(
                        _held_by(claim, DeliveryState.CLAIMED)
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
                .where(_held_by(claim, DeliveryState.CLAIMED))
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
                    .where(_held_by(claim, DeliveryState.CLAIMED))
                    .values(state=DeliveryState.PENDING, updated_at=now, **UNOWNED)
                )


def _is_due(now: datetime) -> ColumnElement[bool]:
    waiting = (DeliveryState.DEFERRED, DeliveryState.UNKNOWN)
    return or_(
        col(Delivery.state) == DeliveryState.PENDING,
        and_(col(Delivery.state).in_(waiting), col(Delivery.not_before) <= now),
    )


def _held_by(claim: Claim, *states: DeliveryState) -> ColumnElement[bool]:
    return and_(
        col(Delivery.id) == claim.delivery_id,
        col(Delivery.token) == claim.token,
        col(Delivery.state).in_(states),
    )


def _still_wanted(kind: MailingKind, edition: Any) -> ColumnElement[bool]:
    """The reader's consent at this very moment, as the kind of mailing needs it.

    `edition` is a slug, or a bound parameter that will be one.
    """
    if kind is MailingKind.ISSUE:
        return still_subscribed(edition, col(Delivery.subscriber_id))
    if kind is MailingKind.CONFIRMATION:
        return confirmable(edition, col(Delivery.subscriber_id))
    return true()


@cache
def _arming(kind: MailingKind) -> Update:
    """The arming update of one kind of mailing, built once: building costs more than running."""
    return (
        update(Delivery)
        .where(
            col(Delivery.id) == bindparam("its_id"),
            col(Delivery.token) == bindparam("its_token"),
            col(Delivery.state) == DeliveryState.CLAIMED,
            exists().where(
                col(Mailing.id) == bindparam("its_mailing"),
                col(Mailing.state) == MailingState.ACTIVE,
            ),
            _still_wanted(kind, bindparam("its_edition")),
        )
        .values(
            state=DeliveryState.ARMED,
            wire_date=bindparam("the_date"),
            updated_at=bindparam("the_time"),
        )
        .execution_options(synchronize_session=False)
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


def _claim(delivery: Delivery, mailing: Mailing, token: str) -> Claim:
    assert delivery.id is not None
    assert mailing.id is not None
    return Claim(
        delivery_id=delivery.id,
        token=token,
        mailing_id=mailing.id,
        kind=MailingKind(mailing.kind),
        route=Route(mailing.route),
        edition=mailing.edition,
        subscriber_id=delivery.subscriber_id,
        address=delivery.address,
        variant=delivery.variant,
        message_id=delivery.message_id,
        attempts=delivery.attempts,
    )
