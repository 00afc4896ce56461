"""The hot path of the ledger: claim, arm, record, give back.

Each is a conditional update, so a delivery has exactly one owner at any moment. A claim is
fenced by its token: a worker that lost the claim because its lease ran out can neither arm
nor record. Arms and records go through the `writer`, where many lanes share a commit.
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
from digest.delivery.ledger.commits import ArmRequest, Record
from digest.delivery.ledger.due import find_due
from digest.delivery.ledger.recording import is_rare, record_of, record_outcome
from digest.delivery.ledger.recovery import UNOWNED, ended
from digest.delivery.ledger.writer import RETRY_SECONDS, Writer
from digest.delivery.outcomes import Outcome
from digest.delivery.states import DeliveryState, MailingState, Route
from digest.delivery.tables import Delivery, Mailing
from digest.store import BUSY, Store

log = structlog.get_logger("digest.delivery")

LEASE = timedelta(minutes=15)


class Settled(NamedTuple):
    """The new state of a delivery whose dot was withheld, and whether its mailing is active.

    `state` is None if the claim was lost meanwhile.
    """

    state: DeliveryState | None
    active: bool


class Ledger:
    """One worker's access to the ledger; `close` it so that everything is written.

    `liveness.holds` is called from a thread, before each commit that arms. On a busy
    database writing is tried again after `retry_seconds`; claims are for the time of `lease`.
    """

    def __init__(
        self,
        store: Store,
        liveness: Liveness,
        *,
        retry_seconds: float = RETRY_SECONDS,
        lease: timedelta = LEASE,
    ) -> None:
        self._store, self.owner = store, liveness.owner
        self._retry_seconds, self._lease = retry_seconds, lease
        self._writer = Writer(store, liveness.holds, retry_seconds)
        self._rare: set[asyncio.Task[None]] = set()

    @property
    def broken(self) -> "asyncio.Future[None]":
        """A future that raises the error which ended the writing of arms and records, if any."""
        return self._writer.broken

    @property
    def failure(self) -> BaseException | None:
        """That error."""
        broken = self._writer.broken
        return broken.exception() if broken.done() and not broken.cancelled() else None

    @property
    def commit_seconds(self) -> float:
        """How long a commit takes, as a moving average; sets how many connections are used."""
        return self._writer.commit_seconds

    async def claim(
        self, routes: Iterable[Route], limit: int, now: datetime, *, with_issues: bool = True
    ) -> list[Claim]:
        """Take up to `limit` deliveries that are due on these routes, those of issues last."""
        token = secrets.token_hex(8)
        async with self._store.write() as session:
            due = await find_due(session, routes, limit, now, with_issues=with_issues)
            await session.exec(
                update(Delivery)
                # By id alone: `find_due` locked the rows, or on SQLite no other transaction can
                # write, so they are still as they were read.
                .where(col(Delivery.id).in_([row[0] for row, _ in due]))
                .values(
                    state=DeliveryState.CLAIMED,
                    token=token,
                    owner=self.owner,
                    lease_until=now + self._lease,
                    updated_at=now,
                )
                .execution_options(synchronize_session=False)
            )
        return claims_of(due, token, now + self._lease)

    async def arm(self, claim: Claim, wire_date: datetime, now: datetime) -> bool:
        """Ask to send the dot: True if the claim, the mailing and the reader's consent all hold.

        False also if it could not be written, or if this worker lost its lock.
        """
        return await self._writer.arm(ArmRequest(claim, wire_date, now))

    async def record(self, claim: Claim, outcome: Outcome, now: datetime) -> None:
        """Record the outcome of a try with the next commit, if the claim still holds the delivery.

        Tried until it succeeds, however long the database is busy: a reply that is known
        must not become an unknown outcome.
        """
        if not is_rare(claim, outcome):
            return self._writer.record(record_of(claim, outcome, now))
        # Awaited, unlike the others: this commit is not the writer's, so the lane must not arm
        # its next message before it, or a crash could leave two armed deliveries for one
        # connection. Shielded, since a cancelled lane must not lose a known reply.
        task = asyncio.create_task(self._record_rarely(claim, outcome, now))
        self._rare.add(task)
        task.add_done_callback(self._rare.discard)
        await asyncio.shield(task)

    def postpone(self, claim: Claim, until: datetime, now: datetime) -> None:
        """Defer a delivery that was not begun; it does not count as a try."""
        reason = "waiting for its turn: its domain takes no more for now"
        record = Record(claim, DeliveryState.DEFERRED, reason, None, claim.attempts, until, now)
        self._writer.record(record)

    async def flush(self) -> None:
        """Wait until everything recorded so far is committed."""
        await asyncio.gather(*self._rare)
        await self._writer.flush()

    async def close(self) -> None:
        """Write what is left; the ledger cannot be used afterwards."""
        try:
            await asyncio.gather(*self._rare)
        finally:
            await self._writer.close()

    async def _record_rarely(self, claim: Claim, outcome: Outcome, now: datetime) -> None:
        while True:
            try:
                async with self._store.write() as session:
                    return await record_outcome(session, claim, outcome, now)
            except BUSY as trouble:
                log.warning("database busy, still to write", reason=self._store.explain(trouble))
                await asyncio.sleep(self._retry_seconds)

    async def settle_denied(self, claim: Claim, now: datetime) -> Settled:
        """Skip or give back a delivery whose dot was withheld, depending on why it was."""
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
            # On PostgreSQL the claim may have been lost since it was read above, so the update asks
            # again and returns no row then.
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
        """Return claims that were never armed, which is always safe."""
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
    """A condition: held by a claim whose dot was withheld."""
    # Perhaps armed all the same: if only the answer of the commit was lost, we took it as denied.
    return held_by(claim, DeliveryState.CLAIMED, DeliveryState.ARMED)
