"""One lane: one connection, one delivery at a time, in the order that keeps the promise.

stage → arm → dot → record. What each failure leads to is in `docs/delivery.md`.
The next message is written before the current one is armed, so that nothing but the
dot comes after arming, and the next envelope can go out together with that dot.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
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
from digest.delivery.relays.health import HealthState
from digest.delivery.relays.live_relay import CLOSING, LiveRelay
from digest.delivery.replies import ReplyKind, Stage
from digest.delivery.sending.claim_buffer import Assignment, ClaimBuffer
from digest.delivery.sending.outcome_handler import OutcomeHandler, log_context
from digest.delivery.states import DeliveryState
from digest.store import BUSY

log = structlog.get_logger("digest.delivery")

Compose = Callable[[Claim, datetime], Awaitable[Outgoing]]


class PreparedMessage(NamedTuple):
    """An assignment with its message, dated `wire_date`."""

    assignment: Assignment
    message: Outgoing
    wire_date: datetime


class Lane:
    """Sends deliveries over one connection to a relay, opened when it is first needed.

    `most`: how many messages one session may carry; None: any number.
    """

    def __init__(
        self,
        buffer: ClaimBuffer,
        ledger: Ledger,
        handler: OutcomeHandler,
        relay: LiveRelay,
        transport: Transport,
        compose: Compose,
        clock: Callable[[], datetime],
        most: int | None = None,
    ) -> None:
        self._buffer, self._ledger, self._handler = buffer, ledger, handler
        self._relay, self._transport = relay, transport
        self._compose, self._clock, self._most = compose, clock, most
        self._connection: Connection | None = None
        self._carried = 0

    async def work(self) -> bool:
        """Send until nothing may go now. Returns whether there was anything at all.

        A message that is begun is brought to its end, even if the buffer is stopped meanwhile.
        """
        assignment = await self._buffer.next(self._relay)
        if assignment is None:
            return False
        prepared = await self._prepare(assignment)
        while prepared is not None:
            prepared = await self._send(prepared)
        return True

    async def rest(self) -> None:
        """Close the connection until there is work again."""
        connection, self._connection = self._connection, None
        if connection:
            await connection.close()

    async def _send(self, prepared: PreparedMessage) -> PreparedMessage | None:
        """Bring one delivery to an outcome; returns the message that follows it, if any."""
        assignment = prepared.assignment
        try:
            connection = await self._stage(prepared.message)
        except MessageRefused as refusal:
            await self._handler.outcome(assignment, outcome_of(refusal.reply, refusal.stage))
        except Interrupted as interruption:
            outcome = Outcome(DeliveryState.DEFERRED, str(interruption))
            await self._handler.outcome(assignment, outcome)
        except (RelayUnavailable, RelayRefused) as trouble:
            await self._handler.trouble(assignment, trouble)
        else:
            return await self._arm_and_finish(connection, prepared)
        return None

    async def _arm_and_finish(
        self, connection: Connection, prepared: PreparedMessage
    ) -> PreparedMessage | None:
        """Arm what is staged, and send its dot."""
        assignment = prepared.assignment
        try:
            # Compose the next message first: once armed, only the dot may still come, so
            # that a crash leaves as few outcomes unknown as possible.
            following = await self._following()
            armed = await self._ledger.arm(assignment.claim, prepared.wire_date, self._clock())
        except BaseException:  # cancellation too: no connection may be left holding a message
            await connection.abandon()
            raise
        if armed:
            outcome = await self._finish(connection, assignment.claim, following)
            await self._handler.outcome(assignment, outcome)
            if self._is_last:
                await self.rest()
        else:
            await connection.abandon()
            await self._handler.denied(assignment)
        return self._unless_backing_off(following)

    def _unless_backing_off(self, following: PreparedMessage | None) -> PreparedMessage | None:
        """Put the next message back if the relay went down with this one."""
        backing_off = self._relay.health.state is HealthState.BACKING_OFF
        # With a connection left its envelope may be at the relay already: then it must go there.
        if following and backing_off and self._connection is None:
            self._buffer.put_back(following.assignment)
            return None
        return following

    @property
    def _is_last(self) -> bool:
        """Whether the session has carried as many messages as it may."""
        return self._most is not None and self._carried >= self._most

    async def _finish(
        self, connection: Connection, claim: Claim, following: PreparedMessage | None
    ) -> Outcome:
        self._carried += 1
        then = following.message if following and not self._is_last else None
        try:
            reply = await connection.finish(then)
        except Interrupted as interruption:
            return Outcome(DeliveryState.DEFERRED, str(interruption))
        except Exception as unknown:  # OutcomeUnknown, or a bug: the dot may be out
            log.warning("outcome unknown", **log_context(claim), reason=str(unknown))
            await connection.abandon()
            return Outcome(DeliveryState.UNKNOWN, str(unknown), charged=False)
        if reply.code == CLOSING:  # the relay is shutting down; not the reader's fault
            await connection.abandon()
            return Outcome(DeliveryState.DEFERRED, str(reply), charged=False, reply=reply)
        self._connection = connection
        return outcome_of(reply, Stage.DOT)

    async def _stage(self, message: Outgoing) -> Connection:
        """A connection that holds the message staged."""
        connection, self._connection = self._connection, None
        if connection is not None and connection.usable:
            try:
                return await self._stage_on(connection, message)
            # Relays end long sessions, and idle ones. That says nothing about the relay's
            # health, so try once more on a new connection before anything backs off.
            except RelayUnavailable as closed:
                log.debug("session ended", relay=self._relay.name, reason=str(closed))
        self._carried = 0
        return await self._stage_on(await self._transport.connect(), message)

    async def _stage_on(self, connection: Connection, message: Outgoing) -> Connection:
        try:
            await connection.stage(message)
        except MessageRefused:  # about this message only: the session is still good
            self._connection = connection
            raise
        except BaseException:
            await connection.abandon()
            raise
        return connection

    async def _following(self) -> PreparedMessage | None:
        assignment = self._buffer.at_hand(self._relay)
        return await self._prepare(assignment) if assignment is not None else None

    async def _prepare(self, assignment: Assignment) -> PreparedMessage | None:
        """Compose the message; None if that fails, and then the assignment is settled."""
        wire_date = self._clock()
        try:
            message = await self._compose(assignment.claim, wire_date)
            return PreparedMessage(assignment, message, wire_date)
        except MessageRefused as unusable:
            # Our own verdict: no relay has said that the mailbox does not exist.
            outcome = replace(outcome_of(unusable.reply), kind=ReplyKind.CLOSED)
            await self._handler.outcome(assignment, outcome, begun=False)
        except BUSY:
            log.warning("database busy, put off", **log_context(assignment.claim))
            await self._handler.put_off(assignment)
        except Exception as error:
            # A message that cannot be written must not stop the others' mail.
            log.exception("could not compose", **log_context(assignment.claim))
            await self._handler.unwritable(assignment, error)
        return None
