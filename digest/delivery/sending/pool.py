"""One route at work: the lanes of each of its relays, as many as the work needs."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.claims import Claim
from digest.delivery.ports import Transport
from digest.delivery.relays.config import RelayConfig
from digest.delivery.relays.fleet import Fleet
from digest.delivery.relays.member import Member
from digest.delivery.relays.pool import connections_wanted
from digest.delivery.relays.states import write_standings
from digest.delivery.sending.aftermath import Aftermath
from digest.delivery.sending.feed import Feed
from digest.delivery.sending.lane import Compose, Lane
from digest.delivery.sending.tally import Tally
from digest.delivery.states import Route
from digest.store import BUSY, Store

POLL_SECONDS = 1.0
PER_CONNECTION = 2  # the message whose dot waits, and the next one
COMMIT_SECONDS = 0.005  # a guess, until there is a measure


@dataclass(frozen=True)
class Outlet:
    """A relay, and the way to it."""

    relay: RelayConfig
    transport: Transport


class Pool:
    """Sends what is due on one route until `stop`."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        route: Route,
        outlets: Mapping[str, Outlet],
        compose: Compose,
        tally: Tally,
        tidy: Callable[[], Awaitable[None]],
        clock: Callable[[], datetime],
        has_room: Callable[[], bool],
    ) -> None:
        self._store = store
        self._ledger, self._outlets, self._compose = ledger, outlets, compose
        self._tidy, self._clock = tidy, clock
        self._fleet = Fleet([outlet.relay for outlet in outlets.values()], PER_CONNECTION)
        self._feed = Feed(store, ledger, route, self._fleet, clock, has_room)
        self._aftermath = Aftermath(store, ledger, self._feed, self._fleet, tally, tidy, clock)
        self._stopped = False

    def lanes(self) -> Iterator[Coroutine[Any, Any, None]]:
        """What is to be run, one for each connection there may be."""
        for member in self._fleet.members:
            for place in range(member.config.connections):
                yield self._run(member, place)

    def wake(self) -> None:
        """Look for work now instead of at the next poll."""
        self._feed.wake()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopped = True
        self._feed.stop()
        self.wake()

    async def look_after(self, workers: int) -> None:
        """Every few seconds: rates are shared with the other workers, and relays' news told."""
        self._fleet.shared_by(workers)
        news = self._fleet.news(asyncio.get_running_loop().time())
        if news:
            with suppress(*BUSY):
                async with self._store.write() as session:
                    await write_standings(session, news, self._ledger.owner, self._clock())

    async def close(self) -> list[Claim]:
        """What nobody began, to be given back."""
        return await self._feed.close()

    async def _run(self, member: Member, place: int) -> None:
        lane = self._lane(member)
        try:
            while not self._stopped:
                self._feed.awake[member.name].clear()
                if place >= self._wanted(member):
                    await lane.rest()
                elif await lane.work():
                    continue
                elif self._feed.wait is None:
                    await lane.rest()
                    await self._catch_up()
                await self._idle(member)
        finally:
            await lane.rest()

    def _lane(self, member: Member) -> Lane:
        return Lane(
            feed=self._feed,
            ledger=self._ledger,
            aftermath=self._aftermath,
            relay=member,
            transport=self._outlets[member.name].transport,
            compose=self._compose,
            clock=self._clock,
            most=member.config.messages_per_connection,
        )

    def _wanted(self, member: Member) -> int:
        """How many lanes should work; one looks for work, though none is known of."""
        commit_seconds = self._ledger.commit_seconds or COMMIT_SECONDS
        limit = member.config.connections
        waiting = max(1, self._feed.waiting)
        return connections_wanted(waiting, commit_seconds, member.reply_seconds, limit)

    async def _catch_up(self) -> None:
        """That was perhaps the last of a mailing: let it finish now, not some seconds later."""
        if self._aftermath.settled:
            self._aftermath.settled = False
            await self._ledger.flush()
            await self._tidy()

    async def _idle(self, member: Member) -> None:
        wait = POLL_SECONDS if self._feed.wait is None else min(self._feed.wait, POLL_SECONDS)
        if self._stopped:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._feed.awake[member.name].wait(), wait)
