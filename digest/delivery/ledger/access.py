"""The hot path of the ledger: claim, arm, record, give back.

Each is a conditional update, so that whatever happens in between, a delivery has
exactly one owner. A claim is fenced by its token: who lost the claim (a lease
that ran out) can neither arm nor record. Arms and records go through the
`writer`, where those of many lanes share a commit.
"""

import asyncio
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import ColumnElement
from sqlmodel import col, select, update

from digest.delivery.guards.liveness import Liveness
from digest.delivery.ledger.claims import Claim, claims_of, held_by, still_wanted
from digest.delivery.ledger.commits import Arming, Recording
from digest.delivery.ledger.due import find_due
from digest.delivery.ledger.recording import is_rare, recording_of, write_down
from digest.delivery.ledger.recovery import UNOWNED, ended
from digest.delivery.ledger.writer import RETRY_SECONDS, Writer
from digest.delivery.outcomes import Outcome
from digest.delivery.states import DeliveryState, MailingState, Route
from digest.delivery.tables import Delivery, Mailing
from digest.store import BUSY, Store

log = structlog.get_logger("digest.delivery")

LEASE = timedelta(minutes=15)


class Settled(NamedTuple):
    """Where a delivery went whose dot was withheld, and whether its mailing goes on.

    `state` is None if the claim was lost meanwhile.
    """

    state: DeliveryState | None
    active: bool


class Ledger:
    """One worker's access to the ledger; `close` it, so that all is written.

    Of `liveness` it asks `holds` from a thread, before each commit that arms.
    """

    def __init__(self, store: Store, liveness: Liveness) -> None:
        self._store, self.owner = store, liveness.owner
        self._writer = Writer(store, liveness.holds)
        self._rare: set[asyncio.Task[None]] = set()

    @property
    def broken(self) -> "asyncio.Future[None]":
        """Raises what ended the writing of arms and records, should that happen."""
        return self._writer.broken

    @property
    def failure(self) -> BaseException | None:
        """What that was."""
        broken = self._writer.broken
        return broken.exception() if broken.done() and not broken.cancelled() else None

    @property
    def commit_seconds(self) -> float:
        """How long a commit takes at present, smoothed; connections follow it."""
        return self._writer.commit_seconds

    async def claim(
        self, routes: Iterable[Route], limit: int, now: datetime, *, letters_only: bool = False
    ) -> list[Claim]:
        """Take up to `limit` deliveries that are due on these routes; letters before issues."""
        token = secrets.token_hex(8)
        async with self._store.write() as session:
            due = await find_due(session, routes, limit, now, letters_only=letters_only)
            await session.exec(
                update(Delivery)
                .where(col(Delivery.id).in_([row[0] for row, _ in due]))
                .values(
                    state=DeliveryState.CLAIMED,
                    token=token,
                    owner=self.owner,
                    lease_until=now + LEASE,
                    updated_at=now,
                )
                .execution_options(synchronize_session=False)
            )
        return claims_of(due, token, now + LEASE)

    async def arm(self, claim: Claim, wire_date: datetime, now: datetime) -> bool:
        """Permit the dot: True if the claim, the mailing and the reader's consent all hold.

        False also when it could not be written, or this worker lost its lock.
        """
        return await self._writer.arm(Arming(claim, wire_date, now))

    async def record(self, claim: Claim, outcome: Outcome, now: datetime) -> None:
        """Write down the outcome of a try, if the claim is still ours, with the next commit.

        However long the database is busy: a reply that is known must not become unknown.
        What changes more than its row is committed when this returns, so that its lane
        arms nothing meanwhile.
        """
        if not is_rare(claim, outcome):
            return self._writer.record(recording_of(claim, outcome, now))
        task = asyncio.create_task(self._record_rarely(claim, outcome, now))
        self._rare.add(task)
        task.add_done_callback(self._rare.discard)
        await asyncio.shield(task)

    def postpone(self, claim: Claim, until: datetime, now: datetime) -> None:
        """Put off a delivery that was not begun; no try is charged to the reader."""
        reason = "waiting for its turn: its domain takes no more for now"
        record = Recording(claim, DeliveryState.DEFERRED, reason, claim.attempts, until, now)
        self._writer.record(record)

    async def flush(self) -> None:
        """Until all that was recorded is committed."""
        await asyncio.gather(*self._rare)
        await self._writer.flush()

    async def close(self) -> None:
        """Write what is left; nothing may be asked for afterwards."""
        try:
            await asyncio.gather(*self._rare)
        finally:
            await self._writer.close()

    async def _record_rarely(self, claim: Claim, outcome: Outcome, now: datetime) -> None:
        while True:
            try:
                async with self._store.write() as session:
                    return await write_down(session, claim, outcome, now)
            except BUSY as trouble:
                log.warning("database busy, still to write", reason=self._store.explain(trouble))
                await asyncio.sleep(RETRY_SECONDS)

    async def settle_denied(self, claim: Claim, now: datetime) -> Settled:
        """See to a delivery that got no dot."""
        async with self._store.write() as session:
            mailing = await session.get(Mailing, claim.mailing_id)
            wanted = (
                await session.exec(
                    select(still_wanted(claim.kind, claim.edition)).where(_undotted(claim))
                )
            ).first()
            active = mailing is not None and mailing.state == MailingState.ACTIVE
            if mailing is None or wanted is None:
                return Settled(None, active)
            if mailing.state == MailingState.CANCELLED:
                values = ended(DeliveryState.SKIPPED, "cancelled")
            elif not wanted:
                values = ended(DeliveryState.SKIPPED, "no longer subscribed")
            else:
                values = {"state": DeliveryState.PENDING}
            settled = await session.exec(
                update(Delivery)
                .where(_undotted(claim))
                .values(**values, updated_at=now, **UNOWNED)
                .returning(col(Delivery.state))
                .execution_options(synchronize_session=False)
            )
            state = settled.scalar_one_or_none()
            return Settled(DeliveryState(state) if state else None, active)

    async def give_back(self, claims: Iterable[Claim], now: datetime) -> None:
        """Return claims that were never armed; always safe."""
        held = list(claims)
        if not held:
            return
        async with self._store.write() as session:
            for claim in held:
                await session.exec(
                    update(Delivery)
                    .where(held_by(claim, DeliveryState.CLAIMED))
                    .values(state=DeliveryState.PENDING, updated_at=now, **UNOWNED)
                    .execution_options(synchronize_session=False)
                )


def _undotted(claim: Claim) -> ColumnElement[bool]:
    """In the hands of a claim whose dot was withheld, whatever the database made of its arming.

    A commit whose answer got lost may have armed it.
    """
    return held_by(claim, DeliveryState.CLAIMED, DeliveryState.ARMED)
