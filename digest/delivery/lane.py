"""One lane: one connection, one delivery at a time, in the order the promise needs.

stage → arm → dot → record. What each failure leads to is in `docs/delivery.md`.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from digest.delivery.claims import Claim
from digest.delivery.ledger import Ledger
from digest.delivery.liveness import Liveness
from digest.delivery.outcomes import Outcome, outcome_of
from digest.delivery.ports import (
    Connection,
    Interrupted,
    Outgoing,
    Refused,
    Transport,
)
from digest.delivery.tables import DeliveryState
from digest.store import BUSY

log = structlog.get_logger("digest.delivery")

Compose = Callable[[Claim, datetime], Awaitable[Outgoing]]


def about(claim: Claim) -> dict[str, int | str]:
    """What every log line about a delivery carries; never the address."""
    return {
        "mailing": claim.mailing_id,
        "delivery": claim.delivery_id,
        "route": str(claim.route),
    }


class Lane:
    """Carries deliveries over one connection, opened when first needed."""

    def __init__(
        self,
        ledger: Ledger,
        liveness: Liveness,
        transport: Transport,
        compose: Compose,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger, self._liveness, self._transport = ledger, liveness, transport
        self._compose, self._clock = compose, clock
        self._connection: Connection | None = None

    async def carry(self, claim: Claim) -> Outcome | None:
        """Bring one delivery to an outcome and return it, unrecorded.

        None when the dot was denied: `Ledger.settle_denied` knows where the claim goes.
        Raises `RelayUnavailable` and `RelayRefused`, and whatever goes wrong before the
        dot, the claim still in hand; nothing after it.
        """
        wire_date = self._clock()
        try:
            message = await self._compose(claim, wire_date)
        except Refused as unusable:
            return outcome_of(unusable.reply)
        connection = self._connection or await self._transport.connect()
        self._connection = None  # only a connection known to be whole is kept
        try:
            await connection.stage(message)
            armed = await self._arm(claim, wire_date)
        except Refused as refusal:
            self._connection = connection
            return outcome_of(refusal.reply)
        except Interrupted as interruption:
            await connection.abandon()
            return Outcome(DeliveryState.DEFERRED, str(interruption))
        except BaseException:
            await connection.abandon()
            raise
        if not armed:
            await connection.abandon()
            return None
        return await self._finish(connection, claim)

    async def rest(self) -> None:
        """Close the connection until there is work again."""
        connection, self._connection = self._connection, None
        if connection:
            await connection.close()

    async def _arm(self, claim: Claim, wire_date: datetime) -> bool:
        if not self._liveness.holds():
            return False
        try:
            return await self._ledger.arm(claim, wire_date, self._clock())
        except BUSY:
            log.warning("database busy, dot withheld", **about(claim))
            return False

    async def _finish(self, connection: Connection, claim: Claim) -> Outcome:
        try:
            reply = await connection.finish()
        except Interrupted as interruption:
            return Outcome(DeliveryState.DEFERRED, str(interruption))
        except Exception as unknown:  # OutcomeUnknown, or a bug of ours: the dot may be out
            log.warning("outcome unknown", **about(claim), reason=str(unknown))
            await connection.abandon()
            return Outcome(DeliveryState.UNKNOWN, str(unknown), charged=False)
        if reply.code == 421:  # the relay is closing; not the reader's fault
            return Outcome(DeliveryState.DEFERRED, str(reply), charged=False, reply=reply)
        self._connection = connection
        return outcome_of(reply)
