"""The claims of one route: fetched before the lanes run dry, and given out relay by relay."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.claims import Claim
from digest.delivery.relays.dispatch import Dispatch
from digest.delivery.relays.fleet import Fleet
from digest.delivery.relays.member import Member
from digest.delivery.relays.quotas import settle
from digest.delivery.relays.ticket import Ticket
from digest.delivery.states import MailingKind, Route
from digest.store import BUSY, Store

# At hand for each connection: few while nobody knows how fast it goes, and never so many
# that other workers stand idle beside a slow relay.
LEAST_PER_CONNECTION, MOST_PER_CONNECTION = 4, 60
AHEAD_SECONDS = 5.0
LOOK_SECONDS = 1.0
MOST_LETTERS = 50


class Load(NamedTuple):
    """A claim, and leave to hand it to one relay now."""

    claim: Claim
    ticket: Ticket


class Feed:
    """Hands claims to lanes, each once.

    `wait`: seconds until something that is at hand may go; None when nothing is.
    """

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        route: Route,
        fleet: Fleet,
        clock: Callable[[], datetime],
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store, self._ledger, self._route = store, ledger, route
        self._fleet, self._clock, self._has_room = fleet, clock, has_room
        self._time = asyncio.get_running_loop().time
        self._connections = sum(member.config.connections for member in fleet.members)
        self._limit = LEAST_PER_CONNECTION * self._connections
        self._given, self._counted_at = 0, self._time()
        self._dispatch: Dispatch[Claim] = Dispatch(fleet, lambda claim: claim.domain)
        self._fetching: asyncio.Task[None] | None = None
        self._more = False
        self._look_at = 0.0
        self._closed = False
        self.awake = {member.name: asyncio.Event() for member in fleet.members}
        self.wait: float | None = None

    @property
    def waiting(self) -> int:
        """How many claims are at hand; a whole fetch more where there are more."""
        return self._limit - self._dispatch.lacking(self._limit) + self._more * self._limit

    async def next(self, relay: Member) -> Load | None:
        """The next load for a relay; None when none can go now (see `wait`), or never more."""
        load = self.at_hand(relay)
        if load is not None or self._closed:
            return load
        now = self._time()
        if self.wait is None or now >= self._look_at or self._fleet.needs(now):
            await asyncio.shield(self._fetch())
        return self.at_hand(relay)

    def at_hand(self, relay: Member) -> Load | None:
        """The next load for a relay, if there is one without waiting."""
        if self._closed:
            return None
        now, moment = self._time(), self._clock()
        given = self._dispatch.next(relay, now)
        while given and given[0].lease_until <= moment:  # free again, and perhaps another's
            given[1].returned(now)
            given = self._dispatch.next(relay, now)
        self.wait = None if given else self._dispatch.seconds(now)
        self._given += given is not None
        self._wake_others(relay)
        self._postpone()
        lacking = self._dispatch.lacking(self._limit) > self._limit // 2
        if (self._more and lacking) or now >= self._look_at:
            self._fetch()
        return Load(*given) if given else None

    def put_back(self, load: Load) -> None:
        """The load was not sent, and may go another way."""
        self._dispatch.put_back(load.claim, load.ticket, self._time())

    def recall(self, relay: Member) -> None:
        """Nothing goes by this relay for a while: what it was given may go another way."""
        self._dispatch.recall(relay, self._time())

    def withdraw(self, mailing_id: int) -> list[Claim]:
        """The claims of one mailing, which are handed to nobody any more."""
        return self._dispatch.withdraw(lambda it: it.mailing_id == mailing_id, self._time())

    def wake(self) -> None:
        """Let idle lanes look again, and into the ledger."""
        self._look_at = self._time()
        self._let_look()

    def _let_look(self) -> None:
        for event in self.awake.values():
            event.set()

    def stop(self) -> None:
        """Hand out no more."""
        self._closed = True
        self.wait = None

    async def close(self) -> list[Claim]:
        """The claims that nobody got, once it is stopped."""
        if self._fetching is not None:
            await asyncio.wait([self._fetching])
        left = self._dispatch.withdraw(lambda claim: True, self._time())
        with suppress(*BUSY):  # they end with their hour anyway
            await self._settle_quotas(everything=True)
        return left

    def _wake_others(self, relay: Member) -> None:
        """What is next may have fallen to another relay."""
        for member in self._fleet.members:
            if member is not relay and self._dispatch.assigned(member):
                self.awake[member.name].set()

    def _postpone(self) -> None:
        """What would wait too long for its domain waits in the ledger."""
        for claim, seconds in self._dispatch.deferred():
            now = self._clock()
            self._ledger.postpone(claim, now + timedelta(seconds=seconds), now)

    def _fetch(self) -> "asyncio.Task[None]":
        """One look into the ledger at a time, whoever asks for it."""
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
        """Letters go before the issue's mail that is here already."""
        self._follow_the_pace()
        lacking = self._dispatch.lacking(self._limit)
        found = await self._ledger.claim(
            [self._route],
            lacking or MOST_LETTERS,
            self._clock(),
            letters_only=not lacking,
        )
        if lacking:
            self._more = len(found) == lacking
        issues = [claim for claim in found if claim.kind is MailingKind.ISSUE]
        self._dispatch.add_in_front([it for it in found if it.kind is not MailingKind.ISSUE])
        self._dispatch.add(issues)
        if found:
            self._let_look()

    def _follow_the_pace(self) -> None:
        """Hold as many claims as go out within some seconds."""
        seconds = max(self._time() - self._counted_at, 0.001)
        expected = round(self._given / seconds * AHEAD_SECONDS)
        least, most = (
            LEAST_PER_CONNECTION * self._connections,
            MOST_PER_CONNECTION * self._connections,
        )
        self._limit = min(max(expected, least), most)
        self._given, self._counted_at = 0, self._time()

    async def _settle_quotas(self, *, everything: bool = False) -> None:
        """Reserve what the relays' hourly and daily limits need, and give back what ended."""
        now = self._time()
        needs = [] if everything else self._fleet.needs(now)
        unused = self._fleet.unused(now, everything=everything)
        if needs or unused:
            async with self._store.write() as session:
                grants = await settle(session, needs, unused, self._clock())
            self._fleet.refill(grants, now)
