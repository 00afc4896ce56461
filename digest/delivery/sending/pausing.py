"""Pauses mailings for their relays' refusals, and holds or retries what was refused."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

import structlog

from digest.delivery.ledger import mailings
from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.claims import Claim
from digest.delivery.ledger.refused import hold_refused, retry_refused
from digest.delivery.sending.claim_buffer import ClaimBuffer
from digest.delivery.states import MailingKind, MailingState, Route
from digest.store import BUSY, Store

T = TypeVar("T")

log = structlog.get_logger("digest.delivery")

# Somebody looks after these: better paused with a reason than tried in silence.
ATTENDED = (MailingKind.ISSUE, MailingKind.TEST)


class MailingPauser:
    """Writes to the database until it succeeds, however long it is busy.

    `follow` moves an issue to the state of its mailing at once.
    """

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        buffer: ClaimBuffer,
        follow: Callable[[], Awaitable[object]],
        clock: Callable[[], datetime],
        retry_seconds: float,
    ) -> None:
        self._store, self._ledger, self._buffer = store, ledger, buffer
        self._follow, self._clock, self._retry_seconds = follow, clock, retry_seconds

    async def pause(self, claim: Claim, reason: str, *, alike: Sequence[int] = ()) -> None:
        """Pause an issue or a test with a reason; a transactional message waits instead.

        What was refused for other reasons than the reader's is held, and the deliveries
        `alike` too.
        """
        if claim.kind in ATTENDED:
            await self._pause(claim.mailing_id, reason, claim.issue, alike)
            await self._follow()  # now: this worker may be about to stop

    async def pause_all(self, route: Route, reason: str) -> None:
        """Pause all issues and tests of a route, whichever message noticed.

        A confirmation that is always the one to probe the relay would otherwise leave an
        issue waiting in silence.
        """
        for mailing_id, issue in await self.write(lambda: self._attended(route)):
            await self._pause(mailing_id, reason, issue)
        await self._follow()

    async def hold_late(self, claim: Claim) -> None:
        """Hold a delivery that was in flight while its mailing was paused for replies like its."""
        await self.write(lambda: self._hold_late(claim))

    async def retry_refused(self, mailing_id: int) -> None:
        """Let other relays try what one has refused for reasons that were not the readers'."""
        await self._ledger.flush()  # or what is not written yet would be left out
        await self.write(lambda: self._retry_refused(mailing_id))

    async def anybody_accepted(self, mailing_id: int) -> bool:
        """Whether a relay has accepted a mailing for at least one recipient."""
        return await self.write(lambda: self._anybody_accepted(mailing_id))

    async def give_back(self, claims: list[Claim]) -> None:
        """Return claims that were never armed."""
        await self.write(lambda: self._ledger.give_back(claims, self._clock()))

    async def write(self, step: Callable[[], Awaitable[T]]) -> T:
        """Try a step until the database takes it."""
        while True:
            try:
                return await step()
            except BUSY as trouble:
                log.warning("database busy, still to write", reason=self._store.explain(trouble))
                await asyncio.sleep(self._retry_seconds)

    async def _pause(
        self, mailing_id: int, reason: str, issue: int | None, alike: Sequence[int] = ()
    ) -> None:
        withdrawn = self._buffer.withdraw(mailing_id)  # at once, so that no lane takes another
        await self._ledger.flush()
        await self.write(lambda: self._pause_now(mailing_id, reason, alike))
        log.error("paused", mailing=mailing_id, issue=issue, reason=reason)
        await self.give_back([*withdrawn, *self._buffer.withdraw(mailing_id)])

    async def _pause_now(self, mailing_id: int, reason: str, alike: Sequence[int]) -> None:
        async with self._store.write() as session:
            await mailings.pause(session, mailing_id, reason)
            # Even if it was paused before: this refusal may have been in flight then.
            await hold_refused(session, mailing_id, self._clock(), alike=alike)

    async def _hold_late(self, claim: Claim) -> None:
        async with self._store.write() as session:
            mailing = await mailings.get_mailing(session, claim.mailing_id)
            if mailing.state == MailingState.PAUSED:
                alike = [claim.delivery_id]
                await hold_refused(session, claim.mailing_id, self._clock(), alike=alike)

    async def _retry_refused(self, mailing_id: int) -> None:
        async with self._store.write() as session:
            await retry_refused(session, mailing_id)

    async def _anybody_accepted(self, mailing_id: int) -> bool:
        async with self._store.read() as session:
            return await mailings.anybody_accepted(session, mailing_id)

    async def _attended(self, route: Route) -> list[tuple[int, int | None]]:
        async with self._store.read() as session:
            return await mailings.list_active(session, route, ATTENDED)
