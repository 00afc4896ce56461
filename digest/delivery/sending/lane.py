"""One lane: one connection, one delivery at a time, in the order the promise needs.

stage → arm → dot → record. What each failure leads to is in `docs/delivery.md`.
The next message is written before the present one is armed, so that nothing but
the dot comes after arming, and its envelope can go out with that dot.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple

import structlog

from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.claims import Claim
from digest.delivery.outcomes import Outcome, outcome_of
from digest.delivery.ports import (
    Connection,
    Interrupted,
    MessageRefused,
    Outgoing,
    RelayRefused,
    RelayUnavailable,
    Transport,
)
from digest.delivery.relays.health import State
from digest.delivery.relays.member import Member
from digest.delivery.sending.aftermath import Aftermath, about
from digest.delivery.sending.feed import Feed, Load
from digest.delivery.states import DeliveryState
from digest.store import BUSY

log = structlog.get_logger("digest.delivery")

Compose = Callable[[Claim, datetime], Awaitable[Outgoing]]


class Parcel(NamedTuple):
    """A load with its message, dated `wire_date`."""

    load: Load
    message: Outgoing
    wire_date: datetime


class Lane:
    """Carries deliveries over one connection to a relay, opened when first needed.

    `most` is how many messages a session may carry; None: any number.
    """

    def __init__(
        self,
        feed: Feed,
        ledger: Ledger,
        aftermath: Aftermath,
        relay: Member,
        transport: Transport,
        compose: Compose,
        clock: Callable[[], datetime],
        most: int | None = None,
    ) -> None:
        self._feed, self._ledger, self._aftermath = feed, ledger, aftermath
        self._relay, self._transport = relay, transport
        self._compose, self._clock, self._most = compose, clock, most
        self._connection: Connection | None = None
        self._carried = 0

    async def work(self) -> bool:
        """Carry until the feed has nothing that may go now; whether there was anything at all.

        A parcel that is begun is carried to its end, though the feed were closed meanwhile.
        """
        load = await self._feed.next(self._relay)
        if load is None:
            return False
        parcel = await self._pack(load)
        while parcel is not None:
            parcel = await self._carry(parcel)
        return True

    async def rest(self) -> None:
        """Close the connection until there is work again."""
        connection, self._connection = self._connection, None
        if connection:
            await connection.close()

    async def _carry(self, parcel: Parcel) -> Parcel | None:
        """Bring one delivery to an outcome; the parcel that follows it, if there is one."""
        load = parcel.load
        try:
            connection = await self._stage(parcel.message)
        except MessageRefused as refusal:
            await self._aftermath.outcome(load, outcome_of(refusal.reply))
        except Interrupted as interruption:
            await self._aftermath.outcome(load, Outcome(DeliveryState.DEFERRED, str(interruption)))
        except (RelayUnavailable, RelayRefused) as trouble:
            await self._aftermath.trouble(load, trouble)
        else:
            return await self._let_go(connection, parcel)
        return None

    async def _let_go(self, connection: Connection, parcel: Parcel) -> Parcel | None:
        """Arm what is staged, and send its dot."""
        try:
            following = await self._following()
            armed = await self._ledger.arm(parcel.load.claim, parcel.wire_date, self._clock())
        except BaseException:
            await connection.abandon()
            raise
        if armed:
            outcome = await self._finish(connection, parcel.load.claim, following)
            await self._aftermath.outcome(parcel.load, outcome)
            if self._is_last:
                await self.rest()
        else:
            await connection.abandon()
            await self._aftermath.denied(parcel.load)
        return self._unless_backing_off(following)

    def _unless_backing_off(self, following: Parcel | None) -> Parcel | None:
        """What follows goes another way, or waits, when the relay went with this message."""
        backing_off = self._relay.health.state is State.BACKING_OFF
        if following and backing_off and self._connection is None:
            self._feed.put_back(following.load)
            return None
        return following

    @property
    def _is_last(self) -> bool:
        """Whether the session has carried as many as it may."""
        return self._most is not None and self._carried >= self._most

    async def _finish(
        self, connection: Connection, claim: Claim, following: Parcel | None
    ) -> Outcome:
        self._carried += 1
        then = following.message if following and not self._is_last else None
        try:
            reply = await connection.finish(then)
        except Interrupted as interruption:
            return Outcome(DeliveryState.DEFERRED, str(interruption))
        except Exception as unknown:  # OutcomeUnknown, or a bug of ours: the dot may be out
            log.warning("outcome unknown", **about(claim), reason=str(unknown))
            await connection.abandon()
            return Outcome(DeliveryState.UNKNOWN, str(unknown), charged=False)
        if reply.code == 421:  # the relay is closing; not the reader's fault
            await connection.abandon()
            return Outcome(DeliveryState.DEFERRED, str(reply), charged=False, reply=reply)
        self._connection = connection
        return outcome_of(reply)

    async def _stage(self, message: Outgoing) -> Connection:
        """The connection that holds the message staged."""
        connection, self._connection = self._connection, None
        if connection is not None and connection.usable:
            try:
                return await self._stage_on(connection, message)
            except RelayUnavailable as closed:  # relays end long sessions, and idle ones
                log.debug("session ended", relay=self._relay.name, reason=str(closed))
        self._carried = 0
        return await self._stage_on(await self._transport.connect(), message)

    async def _stage_on(self, connection: Connection, message: Outgoing) -> Connection:
        try:
            await connection.stage(message)
        except MessageRefused:
            self._connection = connection
            raise
        except BaseException:
            await connection.abandon()
            raise
        return connection

    async def _following(self) -> Parcel | None:
        load = self._feed.at_hand(self._relay)
        return await self._pack(load) if load is not None else None

    async def _pack(self, load: Load) -> Parcel | None:
        """The load with its message; None if that cannot be written, which is then settled."""
        wire_date = self._clock()
        try:
            return Parcel(load, await self._compose(load.claim, wire_date), wire_date)
        except MessageRefused as unusable:
            await self._aftermath.outcome(load, outcome_of(unusable.reply), begun=False)
        except BUSY:
            log.warning("database busy, put off", **about(load.claim))
            await self._aftermath.put_off(load)
        except Exception as error:
            # A message that cannot be written must not stop the others' mail.
            log.exception("could not compose", **about(load.claim))
            await self._aftermath.unwritable(load, error)
        return None
