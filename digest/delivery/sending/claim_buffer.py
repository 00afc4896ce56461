"""The claims of one route: fetched before the lanes run dry, and handed out relay by relay."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.claims import Claim
from digest.delivery.relays.balancer import Permit, RelayBalancer
from digest.delivery.relays.dispatcher import Dispatcher
from digest.delivery.relays.live_relay import LiveRelay
from digest.delivery.relays.quotas import settle
from digest.delivery.states import MailingKind, Route
from digest.store import BUSY, Store

# Claims at hand for each connection: few while the pace is unknown, and never so many
# that other workers stand idle beside a slow relay.
LEAST_PER_CONNECTION, MOST_PER_CONNECTION = 4, 60
AHEAD_SECONDS = 5.0
LOOK_SECONDS = 1.0
MOST_TRANSACTIONAL = 50


class Assignment(NamedTuple):
    """A claim, and the permit to hand it to one relay now."""

    claim: Claim
    permit: Permit


class ClaimBuffer:
    """Hands claims to lanes, each once.

    `wait`: seconds until something that is at hand may go; None when nothing is.
    """

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        route: Route,
        balancer: RelayBalancer,
        clock: Callable[[], datetime],
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store, self._ledger, self._route = store, ledger, route
        self._balancer, self._clock, self._has_room = balancer, clock, has_room
        self._time = asyncio.get_running_loop().time
        self._connections = sum(relay.config.connections for relay in balancer.relays)
        self._limit = LEAST_PER_CONNECTION * self._connections
        self._given, self._counted_at = 0, self._time()
        self._dispatcher: Dispatcher[Claim] = Dispatcher(balancer, lambda claim: claim.domain)
        self._fetching: asyncio.Task[None] | None = None
        self._more = False
        self._look_at = 0.0
        self._closed = False
        self.awake = {relay.name: asyncio.Event() for relay in balancer.relays}
        self.wait: float | None = None

    @property
    def waiting(self) -> int:
        """How many claims are at hand; plus a whole fetch if the last one came back full."""
        return self._limit - self._dispatcher.lacking(self._limit) + self._more * self._limit

    async def next(self, relay: LiveRelay) -> Assignment | None:
        """The next assignment for a relay; None when none can go now (see `wait`), or ever."""
        assignment = self.at_hand(relay)
        if assignment is not None or self._closed:
            return assignment
        now = self._time()
        if self.wait is None or now >= self._look_at or self._balancer.quota_requests(now):
            # Shielded: other lanes wait for the same fetch, and its claims must not be lost.
            await asyncio.shield(self._fetch())
        return self.at_hand(relay)

    def at_hand(self, relay: LiveRelay) -> Assignment | None:
        """The next assignment for a relay, if there is one without waiting."""
        if self._closed:
            return None
        now, moment = self._time(), self._clock()
        given = self._dispatcher.next(relay, now)
        # A claim whose lease is over is free again: another worker may have it by now.
        while given and given[0].lease_until <= moment:
            given[1].returned(now)
            given = self._dispatcher.next(relay, now)
        self.wait = None if given else self._dispatcher.seconds(now)
        self._given += given is not None
        self._wake_others(relay)
        self._postpone()
        lacking = self._dispatcher.lacking(self._limit) > self._limit // 2
        if (self._more and lacking) or now >= self._look_at:
            self._fetch()
        return Assignment(*given) if given else None

    def put_back(self, assignment: Assignment) -> None:
        """It was not sent and may go by another relay."""
        self._dispatcher.put_back(assignment.claim, assignment.permit, self._time())

    def recall(self, relay: LiveRelay) -> None:
        """Nothing goes by this relay for a while: what it was given may go by another one."""
        self._dispatcher.recall(relay, self._time())

    def withdraw(self, mailing_id: int) -> list[Claim]:
        """Take out the claims of one mailing, so that no lane gets them."""
        return self._dispatcher.withdraw(lambda it: it.mailing_id == mailing_id, self._time())

    def wake(self) -> None:
        """Let idle lanes look for work, and in the ledger too."""
        self._look_at = self._time()
        self._wake_lanes()

    def _wake_lanes(self) -> None:
        for event in self.awake.values():
            event.set()

    def stop(self) -> None:
        """Hand out no more."""
        self._closed = True
        self.wait = None

    async def close(self) -> list[Claim]:
        """After `stop`: the claims that no lane got."""
        if self._fetching is not None:
            await asyncio.wait([self._fetching])
        left = self._dispatcher.withdraw(lambda claim: True, self._time())
        with suppress(*BUSY):  # unreturned units are lost only until their hour ends
            await self._settle_quotas(everything=True)
        return left

    def _wake_others(self, relay: LiveRelay) -> None:
        """In search of this relay's next claim, others may have been given some."""
        for other in self._balancer.relays:
            if other is not relay and self._dispatcher.assigned(other):
                self.awake[other.name].set()

    def _postpone(self) -> None:
        """What would wait too long for its domain waits in the ledger."""
        for claim, seconds in self._dispatcher.deferred():
            now = self._clock()
            self._ledger.postpone(claim, now + timedelta(seconds=seconds), now)

    def _fetch(self) -> "asyncio.Task[None]":
        """Look into the ledger; one look at a time, shared by all lanes."""
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._look())
        return self._fetching

    async def _look(self) -> None:
        self._look_at = self._time() + LOOK_SECONDS
        with suppress(*BUSY):  # a busy database: nothing to do just now
            await self._settle_quotas()
            if self._has_room():
                await self._claim()

    async def _claim(self) -> None:
        """Transactional messages go before the issue's mail, even before what is here already."""
        self._follow_the_pace()
        lacking = self._dispatcher.lacking(self._limit)
        found = await self._ledger.claim(
            [self._route],
            lacking or MOST_TRANSACTIONAL,
            self._clock(),
            with_issues=bool(lacking),
        )
        if lacking:
            self._more = len(found) == lacking
        issues = [claim for claim in found if claim.kind is MailingKind.ISSUE]
        self._dispatcher.add_in_front([it for it in found if it.kind is not MailingKind.ISSUE])
        self._dispatcher.add(issues)
        if found:
            self._wake_lanes()

    def _follow_the_pace(self) -> None:
        """Hold as many claims as go out within `AHEAD_SECONDS`."""
        seconds = max(self._time() - self._counted_at, 0.001)
        expected = round(self._given / seconds * AHEAD_SECONDS)
        least = LEAST_PER_CONNECTION * self._connections
        most = MOST_PER_CONNECTION * self._connections
        self._limit = min(max(expected, least), most)
        self._given, self._counted_at = 0, self._time()

    async def _settle_quotas(self, *, everything: bool = False) -> None:
        """Reserve what hourly and daily limits need, and give back what ended unused."""
        # Before the transaction: a grant must not seem valid for longer than it is.
        now = self._time()
        requests = [] if everything else self._balancer.quota_requests(now)
        returns = self._balancer.quota_returns(now, everything=everything)
        if requests or returns:
            async with self._store.write() as session:
                grants = await settle(session, requests, returns, self._clock())
            self._balancer.add_grants(grants, now)
