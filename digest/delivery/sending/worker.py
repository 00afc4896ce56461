"""A worker: sends whatever the ledger says is due, over all routes, in this process.

It holds no state worth keeping: whatever happens to it, the ledger knows what is
left to do, and another worker, or the next start, does it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog

from digest.delivery.guards.liveness import Liveness, LockLost
from digest.delivery.ledger.access import Ledger
from digest.delivery.sending.lane import Compose
from digest.delivery.sending.refusals import ALIKE_IN_A_ROW
from digest.delivery.sending.route_sender import RelayEndpoint, RouteSender
from digest.delivery.sending.tally import Tally
from digest.delivery.sending.timing import PRODUCTION, Timing
from digest.delivery.states import Route
from digest.store import BUSY, Store

log = structlog.get_logger("digest.delivery")


class Worker:
    """Runs the lanes of each route until `stop`.

    `compose` writes the message of a claim; `housekeeping` tidies the ledger and what
    depends on it. Both come from above and know what a mailing is about. `has_room` is
    asked before new work is taken: no disk may fill up with mail in flight.
    """

    def __init__(
        self,
        *,
        store: Store,
        liveness: Liveness,
        routes: Mapping[Route, Mapping[str, RelayEndpoint]],
        compose: Compose,
        housekeeping: Callable[[], Awaitable[object]],
        clock: Callable[[], datetime],
        drain_seconds: float = 30,
        has_room: Callable[[], bool] = lambda: True,
        timing: Timing | None = None,
        alike_in_a_row: int = ALIKE_IN_A_ROW,
    ) -> None:
        self._store, self._liveness, self._clock = store, liveness, clock
        self._routes, self._compose = routes, compose
        self._housekeeping = housekeeping
        self._drain_seconds, self._has_room = drain_seconds, has_room
        self._timing = timing or PRODUCTION
        self._alike_in_a_row = alike_in_a_row
        self._stopping = asyncio.Event()
        self._senders: list[RouteSender] = []
        self._running = False
        self.tally = Tally()

    @property
    def alive(self) -> bool:
        """Whether `run` is at work and may send: not stopping, and its lock still held."""
        return self._running and not self._stopping.is_set() and self._liveness.holds()

    def wake(self) -> None:
        """Look for work now instead of at the next poll."""
        for sender in self._senders:
            sender.wake()

    def stop(self) -> None:
        """Take no new work; `run` returns when what is in flight is recorded."""
        self._stopping.set()
        for sender in self._senders:
            sender.stop()

    async def run(self) -> None:
        """Work until `stop`; then drain, give back what was not begun, release the lock.

        A lane that fails ends the worker, and its error is raised here: a process that
        ends and is restarted is better than one that only looks alive.
        """
        timing = self._timing
        ledger = Ledger(self._store, self._liveness, retry_seconds=timing.retry, lease=timing.lease)
        self._senders = [self._sender(ledger, route) for route in self._routes]
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._tidy()
            self._running = True
            if self._stopping.is_set():
                self.stop()
            lanes = [
                asyncio.create_task(lane) for sender in self._senders for lane in sender.lanes()
            ]
            tasks += [*lanes, asyncio.create_task(self._keep_tidy())]
            stopping = asyncio.create_task(self._stopping.wait())
            ends: list[asyncio.Future[Any]] = [stopping, ledger.broken, *tasks]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            self.stop()
            await self._drain(lanes)
        finally:
            self._running = False
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            await self._leave(ledger)
        if ledger.failure:
            raise ledger.failure
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _drain(self, lanes: Sequence[asyncio.Task[None]]) -> None:
        _, late = await asyncio.wait(lanes, timeout=self._drain_seconds)
        if late:
            log.warning("stopping with deliveries in flight", lanes=len(late))

    async def _leave(self, ledger: Ledger) -> None:
        try:
            left = [claim for sender in self._senders for claim in await sender.close()]
            with suppress(*BUSY):  # then the next worker that tidies finds the owner gone
                await ledger.give_back(left, self._clock())
        finally:
            try:
                await ledger.close()
            finally:
                # Last: without the lock others take our claims, and call unknown what is armed.
                self._liveness.release()

    def _sender(self, ledger: Ledger, route: Route) -> RouteSender:
        return RouteSender(
            store=self._store,
            ledger=ledger,
            route=route,
            endpoints=self._routes[route],
            compose=self._compose,
            tally=self.tally,
            tidy=self._tidy,
            clock=self._clock,
            has_room=lambda: self._has_room() and self._liveness.holds(),
            timing=self._timing,
            alike_in_a_row=self._alike_in_a_row,
        )

    async def _keep_tidy(self) -> None:
        while True:
            await asyncio.sleep(self._timing.tidy)
            if self._liveness.lost():
                raise LockLost("this worker's lock is gone; start it again")
            await self._tidy()
            for route, sender in zip(self._routes, self._senders, strict=True):
                await sender.look_after(self._liveness.sharing(route))

    async def _tidy(self) -> None:
        try:
            await self._housekeeping()
        except BUSY as trouble:
            log.warning("housekeeping put off", reason=self._store.explain(trouble))
