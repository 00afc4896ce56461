"""What follows a try: its record, and whether its issue or its relay must wait."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.claims import Claim
from digest.delivery.outcomes import Outcome, final_for_test
from digest.delivery.ports import RelayRefused, RelayUnavailable
from digest.delivery.relays.balancer import RelayBalancer
from digest.delivery.relays.health import HealthState
from digest.delivery.relays.live_relay import CLOSING, LiveRelay
from digest.delivery.replies import ABOUT_RELAY, NOT_THE_READERS
from digest.delivery.sending.claim_buffer import Assignment, ClaimBuffer
from digest.delivery.sending.pausing import ATTENDED, MailingPauser
from digest.delivery.sending.refusals import ALIKE_IN_A_ROW, RefusalWatch, Suspicion
from digest.delivery.sending.tally import Tally
from digest.delivery.sending.timing import PRODUCTION, Timing
from digest.delivery.states import DeliveryState, MailingKind, Route
from digest.store import Store

log = structlog.get_logger("digest.delivery")

SILENT_IN_A_ROW = 5


def log_context(claim: Claim) -> dict[str, int | str]:
    """The fields of every log line about a delivery; never the address."""
    line: dict[str, int | str] = {} if claim.issue is None else {"issue": claim.issue}
    return line | {
        "mailing": claim.mailing_id,
        "delivery": claim.delivery_id,
        "route": str(claim.route),
    }


def _final(claim: Claim, outcome: Outcome, suspicion: Suspicion) -> Outcome:
    """The outcome to record, for this kind of mailing and this suspicion."""
    if claim.kind is MailingKind.TEST:
        return final_for_test(outcome)
    if claim.kind not in ATTENDED:
        # By the usual schedule: nothing pauses it, so it must not be the next probe each time.
        about_relay = outcome.kind in ABOUT_RELAY
        return replace(outcome, charged=True, wait=None) if about_relay else outcome
    if suspicion is Suspicion.RELAY:
        # Nothing is final about it: others take over at once, or it is held.
        deferred = DeliveryState.DEFERRED
        return replace(outcome, state=deferred, charged=False, wait=timedelta(0))
    return outcome


class OutcomeHandler:
    """Ends every assignment of one route, and its permit, exactly once.

    `follow` moves an issue to the state of its mailing at once. `alike_in_a_row`: so many
    identical replies about readers in a row pause an issue.
    """

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        buffer: ClaimBuffer,
        balancer: RelayBalancer,
        tally: Tally,
        follow: Callable[[], Awaitable[object]],
        clock: Callable[[], datetime],
        timing: Timing = PRODUCTION,
        alike_in_a_row: int = ALIKE_IN_A_ROW,
    ) -> None:
        self._ledger = ledger
        self._buffer, self._balancer = buffer, balancer
        self._tally, self._clock = tally, clock
        self._pauser = MailingPauser(store, ledger, buffer, follow, clock, timing.retry)
        self._retry_seconds = timing.retry
        self._time = asyncio.get_running_loop().time
        # Bound once: each further binding costs as much as recording a delivery.
        self._log = log.bind()
        self._in_detail = self._log.is_enabled_for(logging.DEBUG)
        self._refusals = RefusalWatch(alike_in_a_row)
        self._silent: dict[str, int] = {}
        self.settled = False  # True: something was recorded since this was last set to False

    async def outcome(
        self, assignment: Assignment, outcome: Outcome, *, begun: bool = True
    ) -> None:
        """Record it, and act on a refusal that is not the reader's.

        `begun`: the relay was asked.
        """
        claim, relay = assignment.claim, assignment.permit.relay
        suspicion = await self._judged(assignment, outcome) if begun else Suspicion.NONE
        refused_by_relay = outcome.kind in ABOUT_RELAY
        outcome = _final(claim, outcome, suspicion)
        # First of all the record: whatever fails below, the ledger knows what happened.
        await self._ledger.record(claim, outcome, self._clock())
        if begun and not refused_by_relay and suspicion is not Suspicion.RELAY:
            assignment.permit.done(self._time(), outcome.reply)
            self._watch(assignment, outcome)
        else:  # it used up nothing, and proves nothing about the relay's health
            assignment.permit.returned(self._time())
        self.settled = True
        self._note(assignment, outcome)
        if suspicion is Suspicion.RELAY:
            await self._relay_refuses(claim, relay, outcome)
        elif suspicion is Suspicion.MAILING:
            run = self._refusals.run_of(claim.mailing_id)
            reason = f"{len(run)} readers in a row were refused with the same words"
            await self._pauser.pause(claim, f"{reason}: {outcome.reason}", alike=run)
        elif outcome.state is DeliveryState.REJECTED and self._refusals.was_asked(claim.mailing_id):
            await self._pauser.hold_late(claim)

    async def _judged(self, assignment: Assignment, outcome: Outcome) -> Suspicion:
        """What an outcome says about the relay and the mailing."""
        claim, relay = assignment.claim, assignment.permit.relay
        if claim.kind is MailingKind.TEST:
            return Suspicion.NONE  # an editor reads the reply; it says nothing of an issue
        if claim.kind not in ATTENDED and outcome.kind not in (None, *ABOUT_RELAY):
            return Suspicion.NONE  # a message of its own: there is nothing to compare it with
        alone = (
            outcome.kind in NOT_THE_READERS
            and claim.kind in ATTENDED
            and relay.in_flight <= 1
            and not self._buffer.waiting
            and not await self._pauser.anybody_accepted(claim.mailing_id)
        )
        suspicion = self._refusals.note(claim, relay.name, outcome, alone=alone)
        # A relay that was put out for its refusals has to accept something first.
        distrusted = relay.health.refused and outcome.kind in NOT_THE_READERS
        return Suspicion.RELAY if distrusted else suspicion

    async def _relay_refuses(self, claim: Claim, relay: LiveRelay, outcome: Outcome) -> None:
        """A relay refuses, and no reader is the reason: others take over, or the issue waits."""
        reason, others = outcome.reason or "", self._balancer.others_work(relay)
        if outcome.kind in ABOUT_RELAY or others:
            self._refusals.is_out(relay.name)
            self._back_off(claim.route, relay, reason, refused=True)
        if others:
            await self._pauser.retry_refused(claim.mailing_id)
        elif not await self._pause_if_all_refuse(claim.route):
            await self._pauser.pause(claim, f"the relay refused: {relay.name}: {reason}")

    async def _pause_if_all_refuse(self, route: Route) -> bool:
        refusals = self._balancer.all_refused()
        if refusals:
            await self._pauser.pause_all(route, f"the relay refused: {refusals}")
        return refusals is not None

    async def denied(self, assignment: Assignment) -> None:
        """The ledger did not arm it, so the dot was withheld.

        The reader has left, the mailing is not active, or the database is in doubt.
        """
        claim = assignment.claim
        assignment.permit.returned(self._time())
        settled = await self._pauser.write(lambda: self._ledger.settle_denied(claim, self._clock()))
        self.settled = True
        log.info("denied", **log_context(claim), state=settled.state and str(settled.state))
        if not settled.active:  # paused or cancelled: all its other claims would be denied too
            await self._pauser.give_back(self._buffer.withdraw(claim.mailing_id))
        elif settled.state is DeliveryState.PENDING:  # the database is busy, or our lock in doubt
            await asyncio.sleep(self._retry_seconds)

    async def trouble(
        self, assignment: Assignment, trouble: RelayUnavailable | RelayRefused
    ) -> None:
        """The relay itself is in trouble: others take over, or all wait, or a person must act."""
        relay, refused = assignment.permit.relay, isinstance(trouble, RelayRefused)
        self._buffer.put_back(assignment)
        self._back_off(assignment.claim.route, relay, str(trouble), refused=refused)
        if refused:
            await self._pause_if_all_refuse(assignment.claim.route)

    def _watch(self, assignment: Assignment, outcome: Outcome) -> None:
        """Back off from a relay that is closing, or that takes messages and never replies.

        The latter would make the outcome of the whole mailing unknown.
        """
        relay, route = assignment.permit.relay, assignment.claim.route
        if outcome.reply and outcome.reply.code == CLOSING:
            self._back_off(route, relay, str(outcome.reply))
        silent = 0 if outcome.reply else self._silent.get(relay.name, 0) + 1
        self._silent[relay.name] = silent
        if silent >= SILENT_IN_A_ROW:
            self._silent[relay.name] = 0
            reason = f"{silent} messages in a row ended without a reply: {outcome.reason}"
            self._back_off(route, relay, reason)

    def _back_off(
        self, route: Route, relay: LiveRelay, reason: str, *, refused: bool = False
    ) -> None:
        self._tally.trouble(route)
        self._buffer.recall(relay)
        if relay.health.state is HealthState.UP:  # once: its other lanes will report the same
            log.warning("relay in trouble", relay=relay.name, reason=reason)
        self._balancer.trouble(relay, self._time(), reason, refused=refused)

    async def put_off(self, assignment: Assignment) -> None:
        """Give back a claim whose message was not begun, because the database is busy."""
        assignment.permit.returned(self._time())
        await self._pauser.give_back([assignment.claim])
        await asyncio.sleep(self._retry_seconds)

    async def unwritable(self, assignment: Assignment, error: Exception) -> None:
        """The message could not be composed: pause an issue or a test, else try again later."""
        reason = f"could not write the message: {error}"
        if assignment.claim.kind in ATTENDED:
            assignment.permit.returned(self._time())
            await self._pauser.give_back([assignment.claim])
            await self._pauser.pause(assignment.claim, reason)
        else:
            outcome = Outcome(DeliveryState.DEFERRED, reason)
            await self.outcome(assignment, outcome, begun=False)

    def _note(self, assignment: Assignment, outcome: Outcome) -> None:
        """Count and log it. Of a reply only the codes: its text may quote the reader's address."""
        claim, reply = assignment.claim, outcome.reply
        if reply:
            self._tally.note(claim.route, claim.domain, reply)
        accepted = outcome.state is DeliveryState.ACCEPTED
        if accepted and not self._in_detail:  # the hot path: no line is built for nothing
            return
        line = self._log.debug if accepted else self._log.info
        codes = {"code": reply.code, "enhanced": reply.enhanced} if reply else {}
        relay = assignment.permit.relay.name
        line("recorded", **log_context(claim), relay=relay, state=str(outcome.state), **codes)
