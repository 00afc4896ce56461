"""What follows a try: its record, and whether its issue or its relay must wait."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import structlog

from digest.delivery.ledger import mailings
from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.claims import Claim
from digest.delivery.outcomes import Outcome
from digest.delivery.ports import RelayRefused, RelayUnavailable
from digest.delivery.relays.fleet import Fleet
from digest.delivery.relays.health import State
from digest.delivery.relays.member import CLOSING, Member
from digest.delivery.sending.feed import Feed, Load
from digest.delivery.sending.rejections import Rejections
from digest.delivery.sending.tally import Tally
from digest.delivery.states import DeliveryState, MailingKind, Route
from digest.store import BUSY, Store

T = TypeVar("T")

log = structlog.get_logger("digest.delivery")

RETRY_SECONDS = 1.0
SILENT_IN_A_ROW = 5

# Somebody looks after these: better paused with a reason than tried in silence.
ATTENDED = (MailingKind.ISSUE, MailingKind.TEST)


def about(claim: Claim) -> dict[str, int | str]:
    """What every log line about a delivery carries; never the address."""
    line: dict[str, int | str] = {} if claim.issue is None else {"issue": claim.issue}
    return line | {
        "mailing": claim.mailing_id,
        "delivery": claim.delivery_id,
        "route": str(claim.route),
    }


class Aftermath:
    """Of one route's tries. `follow` lets an issue follow its mailing at once.

    Each load ends here exactly once, and so does its ticket.
    """

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        feed: Feed,
        fleet: Fleet,
        tally: Tally,
        follow: Callable[[], Awaitable[object]],
        clock: Callable[[], datetime],
    ) -> None:
        self._store, self._ledger, self._feed, self._fleet = store, ledger, feed, fleet
        self._tally, self._follow, self._clock = tally, follow, clock
        self._time = asyncio.get_running_loop().time
        self._log = log.bind()  # bound once: binding anew costs as much as recording
        self._in_detail = self._log.is_enabled_for(logging.DEBUG)
        self._rejections = Rejections()
        self._silent: dict[str, int] = {}
        self.settled = False  # something was recorded since this was last set to False

    async def outcome(self, load: Load, outcome: Outcome, *, begun: bool = True) -> None:
        """Record it; many rejections alike pause the issue. `begun`: the relay was asked."""
        claim = load.claim
        await self._ledger.record(claim, outcome, self._clock())
        if begun:
            load.ticket.done(self._time(), outcome.reply)
            self._watch(load, outcome)
        else:
            load.ticket.returned(self._time())
        self.settled = True
        self._note(load, outcome)
        if outcome.state is not DeliveryState.DEFERRED and claim.kind in ATTENDED:
            alike = self._rejections.note(claim.mailing_id, outcome)
            if alike:
                why = f"{alike} rejections alike in a row: {outcome.reason}"
                await self._pause(claim, why)

    async def denied(self, load: Load) -> None:
        """The dot was withheld: the reader, the mailing or the database was against it."""
        claim = load.claim
        load.ticket.returned(self._time())
        settled = await self._write(lambda: self._ledger.settle_denied(claim, self._clock()))
        self.settled = True
        log.info("denied", **about(claim), state=settled.state and str(settled.state))
        if not settled.active:  # paused or cancelled: the others would fare alike
            await self._give_back(self._feed.withdraw(claim.mailing_id))
        elif settled.state is DeliveryState.PENDING:  # the database is busy, or our lock in doubt
            await asyncio.sleep(RETRY_SECONDS)

    async def trouble(self, load: Load, trouble: RelayUnavailable | RelayRefused) -> None:
        """The relay itself is in trouble: others take over, or all wait, or a person must act."""
        relay, refused = load.ticket.relay, isinstance(trouble, RelayRefused)
        self._feed.put_back(load)
        self._back_off(load.claim.route, relay, str(trouble), refused=refused)
        nobody = self._fleet.all_refused() if refused else None
        if nobody:
            await self._pause(load.claim, f"the relay refused: {nobody}")

    def _watch(self, load: Load, outcome: Outcome) -> None:
        """A relay that is closing is left alone; so is one that takes messages and says nothing.

        The latter would make the whole list doubtful.
        """
        relay, route = load.ticket.relay, load.claim.route
        if outcome.reply and outcome.reply.code == CLOSING:
            self._back_off(route, relay, str(outcome.reply))
        silent = 0 if outcome.reply else self._silent.get(relay.name, 0) + 1
        self._silent[relay.name] = silent
        if silent >= SILENT_IN_A_ROW:
            self._silent[relay.name] = 0
            why = f"{silent} messages in a row ended without a reply: {outcome.reason}"
            self._back_off(route, relay, why)

    def _back_off(self, route: Route, relay: Member, reason: str, *, refused: bool = False) -> None:
        self._tally.trouble(route)
        self._feed.recall(relay)
        if relay.health.state is State.UP:  # its other lanes will say the same
            log.warning("relay in trouble", relay=relay.name, reason=reason)
        self._fleet.trouble(relay, self._time(), reason, refused=refused)

    async def put_off(self, load: Load) -> None:
        """Give back a claim whose message was not begun, since the database is busy."""
        load.ticket.returned(self._time())
        await self._give_back([load.claim])
        await asyncio.sleep(RETRY_SECONDS)

    async def unwritable(self, load: Load, error: Exception) -> None:
        """An issue or a test waits for a person; a single letter is tried again later."""
        reason = f"could not write the message: {error}"
        if load.claim.kind in ATTENDED:
            load.ticket.returned(self._time())
            await self._give_back([load.claim])
            await self._pause(load.claim, reason)
        else:
            await self.outcome(load, Outcome(DeliveryState.DEFERRED, reason), begun=False)

    async def _pause(self, claim: Claim, reason: str) -> None:
        """Pause an issue or a test, and say why; a single letter waits for the relay instead."""
        if claim.kind not in ATTENDED:
            return
        await self._write(lambda: self._pause_now(claim.mailing_id, reason))
        log.error("paused", **about(claim), reason=reason)
        await self._give_back(self._feed.withdraw(claim.mailing_id))
        await self._follow()  # so that the issue follows, though this worker should end now

    async def _pause_now(self, mailing_id: int, reason: str) -> bool:
        async with self._store.write() as session:
            return await mailings.pause(session, mailing_id, reason)

    async def _give_back(self, claims: list[Claim]) -> None:
        await self._write(lambda: self._ledger.give_back(claims, self._clock()))

    async def _write(self, step: Callable[[], Awaitable[T]]) -> T:
        """Write, however long it takes."""
        while True:
            try:
                return await step()
            except BUSY as trouble:
                log.warning("database busy, still to write", reason=self._store.explain(trouble))
                await asyncio.sleep(RETRY_SECONDS)

    def _note(self, load: Load, outcome: Outcome) -> None:
        """Of a reply only the codes: its text may quote the reader's address."""
        claim, reply = load.claim, outcome.reply
        if reply:
            self._tally.note(claim.route, claim.domain, reply)
        accepted = outcome.state is DeliveryState.ACCEPTED
        if accepted and not self._in_detail:
            return
        line = self._log.debug if accepted else self._log.info
        codes = {"code": reply.code, "enhanced": reply.enhanced} if reply else {}
        relay = load.ticket.relay.name
        line("recorded", **about(claim), relay=relay, state=str(outcome.state), **codes)
