"""Sends what is due on one route: a lane for each connection, as many as the work needs."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.claims import Claim
from digest.delivery.ports import Transport
from digest.delivery.relays.balancer import RelayBalancer
from digest.delivery.relays.config import RelayConfig
from digest.delivery.relays.live_relay import LiveRelay
from digest.delivery.relays.status import write_statuses
from digest.delivery.sending.claim_buffer import ClaimBuffer
from digest.delivery.sending.lane import Compose, Lane
from digest.delivery.sending.outcome_handler import OutcomeHandler
from digest.delivery.sending.refusals import ALIKE_IN_A_ROW
from digest.delivery.sending.tally import Tally
from digest.delivery.sending.timing import Timing
from digest.delivery.states import Route
from digest.store import BUSY, Store

PER_CONNECTION = 2  # the message whose dot waits, and the next one
COMMIT_SECONDS = 0.005  # a guess until the first commits are measured

DRAIN_SECONDS = 1.0
MOST_PER_SECOND = 10_000
HEADROOM = 2.0


@dataclass(frozen=True)
class RelayEndpoint:
    """A relay's configuration, and the transport that reaches it."""

    relay: RelayConfig
    transport: Transport


def connections_wanted(
    waiting: int, commit_seconds: float, reply_seconds: float, limit: int
) -> int:
    """How many connections to one relay `waiting` messages are worth, at most `limit`.

    A message occupies its connection for about two commits, since its arm waits for the
    commit under way, and for the relay's reply. So slow commits and distant relays need
    more connections, and few messages need few: what waits should be gone within
    `DRAIN_SECONDS`. `waiting` is what is known to be due; when the last claim came back
    full there is more, so pass a larger number.
    """
    if waiting <= 0:
        return 0
    held = 2 * commit_seconds + reply_seconds
    rate = min(waiting / DRAIN_SECONDS, MOST_PER_SECOND)
    return max(1, min(limit, waiting, ceil(rate * held * HEADROOM)))


class RouteSender:
    """Runs the lanes of one route until `stop`.

    `tidy` is one round of housekeeping; `has_room` is asked before new work is taken.
    """

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        route: Route,
        endpoints: Mapping[str, RelayEndpoint],
        compose: Compose,
        tally: Tally,
        tidy: Callable[[], Awaitable[None]],
        clock: Callable[[], datetime],
        has_room: Callable[[], bool],
        timing: Timing,
        alike_in_a_row: int = ALIKE_IN_A_ROW,
    ) -> None:
        self._store = store
        self._ledger, self._endpoints, self._compose = ledger, endpoints, compose
        self._tidy, self._clock, self._poll_seconds = tidy, clock, timing.poll
        relays = [endpoint.relay for endpoint in endpoints.values()]
        self._balancer = RelayBalancer(relays, PER_CONNECTION, timing.back_off)
        self._buffer = ClaimBuffer(store, ledger, route, self._balancer, clock, has_room)
        self._handler = OutcomeHandler(
            store=store,
            ledger=ledger,
            buffer=self._buffer,
            balancer=self._balancer,
            tally=tally,
            follow=tidy,
            clock=clock,
            timing=timing,
            alike_in_a_row=alike_in_a_row,
        )
        self._stopped = False

    def lanes(self) -> Iterator[Coroutine[Any, Any, None]]:
        """The coroutines to run, one for each connection there may be."""
        for relay in self._balancer.relays:
            for place in range(relay.config.connections):
                yield self._run(relay, place)

    def wake(self) -> None:
        """Look for work now instead of at the next poll."""
        self._buffer.wake()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopped = True
        self._buffer.stop()
        self.wake()

    async def look_after(self, workers: int) -> None:
        """Every few seconds: share rates with the other workers, and store relays' statuses."""
        self._balancer.share_rates(workers)
        changed = self._balancer.changed_statuses(asyncio.get_running_loop().time())
        if changed:
            with suppress(*BUSY):
                async with self._store.write() as session:
                    await write_statuses(session, changed, self._ledger.owner, self._clock())

    async def close(self) -> list[Claim]:
        """After `stop`: the claims that no lane began, to be given back."""
        return await self._buffer.close()

    async def _run(self, relay: LiveRelay, place: int) -> None:
        lane = self._lane(relay)
        try:
            while not self._stopped:
                # Before looking for work: a wake-up during the look must not be lost.
                self._buffer.awake[relay.name].clear()
                if place >= self._wanted(relay):
                    await lane.rest()
                elif await lane.work():
                    continue
                elif self._buffer.wait is None:
                    await lane.rest()
                    await self._catch_up()
                await self._idle(relay)
        finally:
            await lane.rest()

    def _lane(self, relay: LiveRelay) -> Lane:
        return Lane(
            buffer=self._buffer,
            ledger=self._ledger,
            handler=self._handler,
            relay=relay,
            transport=self._endpoints[relay.name].transport,
            compose=self._compose,
            clock=self._clock,
            most=relay.config.messages_per_connection,
        )

    def _wanted(self, relay: LiveRelay) -> int:
        """How many lanes should work; at least one looks for work, even if none is known of."""
        commit_seconds = self._ledger.commit_seconds or COMMIT_SECONDS
        limit = relay.config.connections
        waiting = max(1, self._buffer.waiting)
        return connections_wanted(waiting, commit_seconds, relay.reply_seconds, limit)

    async def _catch_up(self) -> None:
        """That may have been the last of a mailing: finish it now, not some seconds later."""
        if self._handler.settled:
            self._handler.settled = False
            await self._ledger.flush()
            await self._tidy()

    async def _idle(self, relay: LiveRelay) -> None:
        poll = self._poll_seconds
        wait = poll if self._buffer.wait is None else min(self._buffer.wait, poll)
        if self._stopped:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._buffer.awake[relay.name].wait(), wait)
