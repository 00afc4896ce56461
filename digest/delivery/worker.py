"""The embedded engine: an in-process worker whose work is derived from the ledger.

It holds no state worth keeping: whatever happens to it, the ledger knows what
is left to do, and another worker, or the next start, does it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

import structlog

from digest.delivery import mailings
from digest.delivery.claims import Claim
from digest.delivery.lane import Compose, Lane, about
from digest.delivery.ledger import Ledger
from digest.delivery.liveness import Liveness, LockLost
from digest.delivery.outcomes import Outcome
from digest.delivery.ports import RelayRefused, RelayUnavailable, Transport
from digest.delivery.rejections import Rejections
from digest.delivery.tables import DeliveryState, MailingKind, Route
from digest.delivery.tally import Tally
from digest.store import BUSY, Store

T = TypeVar("T")

log = structlog.get_logger("digest.delivery")

CLAIMS_PER_LANE = 10
POLL_SECONDS = 1.0
TIDY_SECONDS = 5.0
BACK_OFF_SECONDS = (5.0, 15.0, 60.0, 300.0)

# Somebody looks after these: better paused with a reason than tried in silence.
ATTENDED = (MailingKind.ISSUE, MailingKind.TEST)


class Worker:
    """Runs lanes over each route until told to stop.

    `compose` writes the message of a claim; `housekeeping` tidies the ledger and
    whatever hangs on it; both come from above and know what a mailing is about.
    """

    def __init__(
        self,
        *,
        store: Store,
        liveness: Liveness,
        transports: Mapping[Route, Transport],
        compose: Compose,
        housekeeping: Callable[[], Awaitable[object]],
        clock: Callable[[], datetime],
        connections: int = 4,
        drain_seconds: float = 30,
    ) -> None:
        self._store, self._liveness, self._clock = store, liveness, clock
        self._ledger = Ledger(store, liveness.owner)
        self._transports, self._compose = transports, compose
        self._housekeeping = housekeeping
        self._connections, self._drain_seconds = connections, drain_seconds
        self._queues: dict[Route, deque[Claim]] = {route: deque() for route in transports}
        self._feeding = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._work = asyncio.Event()
        self._failures: dict[Route, int] = dict.fromkeys(transports, 0)
        self._rejections = Rejections()
        self._recorded: set[Route] = set()
        self._running = False
        self.tally = Tally()

    @property
    def alive(self) -> bool:
        """Whether `run` is at work and may send: it is not stopping, and its lock still holds."""
        return self._running and not self._stopping.is_set() and self._liveness.holds()

    def wake(self) -> None:
        """Look for work now instead of at the next poll."""
        self._work.set()

    def stop(self) -> None:
        """Take no new work; `run` returns when what is in flight is recorded."""
        self._stopping.set()
        self._work.set()

    async def run(self) -> None:
        """Work until `stop`; then drain, give back what was not begun, release the lock.

        A lane that fails takes the worker down with it, and raises here: better a
        process that ends and is started again than one that only looks alive.
        """
        await self._tidy()
        self._running = True
        lanes = [
            asyncio.create_task(self._run_lane(route))
            for route in self._transports
            for _ in range(self._connections)
        ]
        tidying = asyncio.create_task(self._keep_tidy())
        try:
            stopping = asyncio.create_task(self._stopping.wait())
            running = (stopping, tidying, *lanes)
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            self.stop()
            _, late = await asyncio.wait(lanes, timeout=self._drain_seconds)
            if late:
                log.warning("stopping with deliveries in flight", lanes=len(late))
        finally:
            self._running = False
            for task in (*lanes, tidying):
                task.cancel()
            results = await asyncio.gather(*lanes, tidying, return_exceptions=True)
            left = [claim for queue in self._queues.values() for claim in queue]
            try:
                with suppress(*BUSY):  # then whoever tidies next finds the owner gone
                    await self._ledger.give_back(left, self._clock())
            finally:
                self._liveness.release()
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _run_lane(self, route: Route) -> None:
        lane = Lane(
            self._ledger, self._liveness, self._transports[route], self._compose, self._clock
        )
        try:
            while not self._stopping.is_set():
                claim = await self._next(route)
                if claim is None:
                    await lane.rest()
                    await self._pause_for(POLL_SECONDS)
                else:
                    await self._carry(lane, claim)
        finally:
            await lane.rest()

    async def _next(self, route: Route) -> Claim | None:
        """The next claim of a route; an empty queue is filled from the ledger first."""
        async with self._feeding:
            queue = self._queues[route]
            if not self._liveness.holds():
                raise LockLost("this worker's lock file is gone; start it again")
            if not queue and not self._stopping.is_set():
                self._work.clear()
                limit = CLAIMS_PER_LANE * self._connections
                with suppress(*BUSY):  # a busy database: nothing to do just now
                    queue.extend(await self._ledger.claim([route], limit, self._clock()))
                if not queue and route in self._recorded:
                    await self._tidy()  # that was perhaps the last of a mailing: let it finish
            return queue.popleft() if queue and not self._stopping.is_set() else None

    async def _carry(self, lane: Lane, claim: Claim) -> None:
        try:
            outcome = await lane.carry(claim)
        except RelayUnavailable as trouble:
            await self._give_back(claim)
            await self._back_off(claim.route, trouble)
        except RelayRefused as trouble:
            await self._give_back(claim)
            await self._pause_mailing(claim, f"the relay refused: {trouble}")
            await self._back_off(claim.route, trouble)
        except BUSY as trouble:
            log.warning("database busy, put off", **about(claim), reason=_first_line(trouble))
            await self._give_back(claim)
            await self._pause_for(POLL_SECONDS, wakeable=False)
        except Exception as error:
            # A message that cannot be written must not stop the others' mail.
            log.exception("could not compose", **about(claim))
            await self._set_aside(claim, f"could not write the message: {error}")
        else:
            self._failures[claim.route] = 0
            if outcome is None:
                await self._settle(claim)
            else:
                await self._record(claim, outcome)

    async def _record(self, claim: Claim, outcome: Outcome) -> None:
        await self._write(lambda: self._ledger.record(claim, outcome, self._clock()))
        self._recorded.add(claim.route)
        self._log(claim, outcome)
        if claim.kind in ATTENDED:
            alike = self._rejections.note(claim.mailing_id, outcome)
            if alike:
                why = f"{alike} rejections alike in a row: {outcome.reason}"
                await self._pause_mailing(claim, why)

    def _log(self, claim: Claim, outcome: Outcome) -> None:
        """Of a reply only the codes: its text may quote the reader's address."""
        reply = outcome.reply
        codes = {"code": reply.code, "enhanced": reply.enhanced} if reply else {}
        if reply:
            self.tally.note(claim.route, claim.address, reply)
        log.info("recorded", **about(claim), state=str(outcome.state), **codes)

    async def _settle(self, claim: Claim) -> None:
        state = await self._write(lambda: self._ledger.settle_denied(claim, self._clock()))
        self._recorded.add(claim.route)
        log.info("denied", **about(claim), state=state and str(state))

    async def _give_back(self, claim: Claim) -> None:
        await self._write(lambda: self._ledger.give_back([claim], self._clock()))

    async def _write(self, step: Callable[[], Awaitable[T]]) -> T:
        """Write, however long it takes: a reply that is known must not become unknown."""
        while True:
            try:
                return await step()
            except BUSY as trouble:
                log.warning("database busy, still to write", reason=_first_line(trouble))
                await asyncio.sleep(POLL_SECONDS)

    async def _set_aside(self, claim: Claim, reason: str) -> None:
        """An issue or a test waits for a person; a single letter is tried again later."""
        if claim.kind in ATTENDED:
            await self._give_back(claim)
            await self._pause_mailing(claim, reason)
        else:
            await self._record(claim, Outcome(DeliveryState.DEFERRED, reason))

    async def _pause_mailing(self, claim: Claim, reason: str) -> None:
        """Pause an issue or a test, and say why; a single letter waits for the relay instead."""
        if claim.kind not in ATTENDED:
            return
        await self._write(lambda: self._pause_now(claim.mailing_id, reason))
        log.error("paused", mailing=claim.mailing_id, route=str(claim.route), reason=reason)
        await self._tidy()  # so that the issue follows, though this worker should end now

    async def _pause_now(self, mailing_id: int, reason: str) -> bool:
        async with self._store.write() as session:
            return await mailings.pause(session, mailing_id, reason)

    async def _back_off(self, route: Route, trouble: Exception) -> None:
        step = min(self._failures[route], len(BACK_OFF_SECONDS) - 1)
        self._failures[route] += 1
        self.tally.trouble(route)
        log.warning("relay in trouble", route=str(route), reason=str(trouble))
        await self._pause_for(BACK_OFF_SECONDS[step], wakeable=False)

    async def _pause_for(self, seconds: float, *, wakeable: bool = True) -> None:
        event = self._work if wakeable else self._stopping
        with suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)

    async def _keep_tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            await self._tidy()

    async def _tidy(self) -> None:
        self._recorded.clear()
        try:
            await self._housekeeping()
        except BUSY as trouble:
            log.warning("housekeeping put off", reason=_first_line(trouble))


def _first_line(trouble: Exception) -> str:
    """Without the SQL that SQLAlchemy adds."""
    return str(trouble).partition("\n")[0]
