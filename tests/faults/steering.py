"""A state machine for Hypothesis: an issue is sent while anything may happen to it.

The ledger and the services are production's, on SQLite in a file; the transport keeps
messages in memory; the state machine has its own clock. Two workers are taken through
their steps one by one, so an unsubscribe, a pause or a crash can come between any two.
"""

import asyncio
import shutil
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import col, select

from digest.app import App, utc_now
from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.accounting import account
from digest.delivery.ledger.claims import Claim
from digest.delivery.ledger.mailings import get_mailing
from digest.delivery.outcomes import Outcome
from digest.delivery.ports import Outgoing
from digest.delivery.states import DeliveryState, MailingState, Route
from digest.delivery.tables import Delivery
from digest.errors import Refused
from digest.issues.lookup import get_issue
from digest.issues.states import IssueState
from digest.services.sending import control
from digest.services.sending.housekeeping import housekeep
from digest.services.sending.start import send_issue
from digest.uptime import Uptime
from subscribers.subscriptions import unsubscribe
from tests.faults.installation import (
    EDITION,
    Installation,
    Template,
    addresses,
    prepare,
    values_for,
)
from tests.memory_transport import MemoryConnection, MemoryTransport
from tests.readers import EDITOR

READERS = 6
WORKERS = 2
NUMBERS = count(1)
T = TypeVar("T")

FATES = ("unknown, taken", "accepted", "died, taken", "unknown", "rejected", "deferred", "died")
MEANWHILE = (
    *["nothing"] * 4,
    "pause",
    "the lease ends",
    "nothing",
    "pause",
    "the reader leaves",
    "cancel",
)
ASIDE = ("tidy", "resume", "die", "10", "pause and resume", "20", "resume", "240")
TAKEN = {"accepted", "unknown, taken", "died, taken"}


@dataclass
class WorkerLock:
    """A worker's lock; all workers share the set of those that are alive."""

    alive: set[str]
    owner: str = field(default_factory=lambda: f"{next(NUMBERS):016x}")

    def __post_init__(self) -> None:
        self.alive.add(self.owner)

    def holds(self) -> bool:
        return self.owner in self.alive

    def lost(self) -> bool:
        return not self.holds()

    def is_alive(self, owner: str) -> bool:
        return owner in self.alive

    def sharing(self, route: str) -> int:
        return len(self.alive)

    def serves(self, route: str) -> bool:
        return True

    def release(self) -> None:
        self.alive.discard(self.owner)


@cache
def _template() -> Template:
    folder = Path(mkdtemp(prefix="digest-steering-")) / "template"
    return asyncio.run(prepare(folder, READERS))


class Steering(RuleBasedStateMachine):
    """In any order of events the sums balance, and nobody gets mail that they must not get."""

    def __init__(self) -> None:
        super().__init__()
        template = _template()
        self._folder = template.folder.parent / f"run-{next(NUMBERS)}"
        shutil.copytree(template.folder, self._folder)
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self.now = utc_now()
        self._born = self.now
        self.transport = MemoryTransport()
        self.gone: set[str] = set()
        self.alive: set[str] = set()
        self.workers: list[tuple[WorkerLock, Ledger, list[Claim]]] = []
        self.state = IssueState.SCHEDULED
        self.patience = self.carried = 0

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    @initialize(patience=st.integers(2, 12))
    def send_the_issue(self, patience: int) -> None:
        """No reader leaves, and the issue is not cancelled, before so many messages."""
        self.patience = patience
        self._do(self._start())
        self.state = IssueState.SENDING

    async def _start(self) -> None:
        values = {**values_for(port=25), "data_dir": self._folder}
        app = await self._stack.enter_async_context(Installation(values).opened())
        self.app: App = replace(app, clock=lambda: self.now, uptime=self._uptime)
        await send_issue(self.app, EDITOR, 1)
        for _ in range(WORKERS):
            self.workers.append(self._new_worker())

    def _uptime(self) -> Uptime:
        return Uptime("one boot", (self.now - self._born).total_seconds())

    def _new_worker(self) -> tuple[WorkerLock, Ledger, list[Claim]]:
        lock = WorkerLock(self.alive)
        return lock, Ledger(self.app.store, lock), []

    @rule(which=st.integers(0, WORKERS - 1), many=st.integers(1, READERS))
    def claim(self, which: int, many: int) -> None:
        _, ledger, hands = self.workers[which]
        hands += self._do(ledger.claim([Route.RELAY], many, self.now))

    @rule(
        which=st.integers(0, WORKERS - 1),
        fate=st.sampled_from(FATES),
        meanwhile=st.sampled_from(MEANWHILE),
    )
    def carry(self, which: int, fate: str, meanwhile: str) -> None:
        """Send one message, with an event between its body and its dot."""
        if self.state is IssueState.PAUSED and meanwhile == "nothing":
            self.resume()  # else hardly anything would be sent
        self.claim(which, many=1)
        which = which if self.workers[which][2] else (which + 1) % WORKERS
        hands = self.workers[which][2]
        if hands:
            claim, connection = self._do(self._stage(hands.pop(0)))
            self._happens(meanwhile, claim)
            self._do(self._finish(which, claim, connection, fate))
        self.carried += 1
        self.wait(1)

    def _happens(self, meanwhile: str, claim: Claim) -> None:
        late = self.carried > self.patience
        if meanwhile == "the reader leaves" and late:
            self._do(self._leave(addresses(READERS).index(claim.address) + 1))
        elif meanwhile == "pause":
            self.pause()
        elif meanwhile == "cancel" and late:
            self.cancel()
        elif meanwhile == "the lease ends":
            self.wait(20)
            self.tidy()

    async def _stage(self, claim: Claim) -> tuple[Claim, MemoryConnection]:
        connection = await self.transport.connect()
        await connection.stage(Outgoing(claim.delivery_id, "b@example.org", claim.address, b""))
        return claim, connection

    async def _finish(
        self, which: int, claim: Claim, connection: MemoryConnection, fate: str
    ) -> None:
        _, ledger, _ = self.workers[which]
        if not await ledger.arm(claim, self.now, self.now):
            await connection.abandon()
            await ledger.settle_denied(claim, self.now)
            return
        assert self.state is IssueState.SENDING, f"sent while {self.state}"
        assert claim.address not in self.gone, "sent to a reader who had left"
        if fate in TAKEN:
            await connection.finish()
        if fate.startswith("died"):
            await self._die(which)
            return
        state = DeliveryState(fate.partition(",")[0])
        charged = state is not DeliveryState.UNKNOWN
        await ledger.record(claim, Outcome(state, f"the relay: {fate}", charged=charged), self.now)
        await ledger.flush()

    @rule(what=st.sampled_from(ASIDE))
    def aside(self, what: str) -> None:
        """An event between two messages."""
        if what == "die":
            self._do(self._die(0))
        elif what == "tidy":
            self.tidy()
        elif what == "resume":
            self.resume()
        elif what == "pause and resume":
            self.pause()
            self.tidy()
            self.resume()
        else:
            self.wait(int(what))

    async def _die(self, which: int) -> None:
        lock, ledger, _ = self.workers[which]
        lock.release()
        await ledger.close()
        self.workers[which] = self._new_worker()

    async def _leave(self, number: int) -> None:
        async with self.app.store.write() as session:
            await unsubscribe(session, number, EDITION, source="the reader", now=self.now)
        self.gone.add(addresses(READERS)[number - 1])

    def pause(self) -> None:
        """As an editor does it."""
        self._steer(control.pause_issue(self.app, EDITOR, 1), IssueState.SENDING, IssueState.PAUSED)

    def resume(self) -> None:
        self._steer(
            control.resume_issue(self.app, EDITOR, 1), IssueState.PAUSED, IssueState.SENDING
        )

    def cancel(self) -> None:
        """Cancel the issue, which ends the run."""
        running = IssueState.PAUSED if self.state is IssueState.PAUSED else IssueState.SENDING
        self._steer(control.cancel_issue(self.app, EDITOR, 1), running, IssueState.CANCELLED)

    def _steer(
        self, change: Coroutine[Any, Any, object], before: IssueState, after: IssueState
    ) -> None:
        """Apply a change; it must succeed in the state `before`, and be refused in any other."""
        was = self._issue_state()
        try:
            self._do(change)
        except Refused:
            assert was is not before or self._issue_state() is IssueState.SENT
        else:
            assert was is before
            self.state = after

    def _issue_state(self) -> IssueState:
        return self._do(self._look())[2]

    def wait(self, span: int) -> None:
        """Let so many minutes pass."""
        self.now += timedelta(minutes=span)

    def tidy(self) -> None:
        self._do(self._housekeep())
        state = self._issue_state()
        if state is IssueState.SENT:
            self.state = state

    async def _housekeep(self) -> None:
        await housekeep(self.app, self.workers[0][0])

    async def _look(self) -> tuple[list[Delivery], Any, IssueState]:
        async with self.app.store.read() as session:
            rows = list(await session.exec(select(Delivery).order_by(col(Delivery.id))))
            issue = await get_issue(session, 1)
            return rows, await account(session, 1), IssueState(issue.state)

    @invariant()
    def all_is_accounted_for(self) -> None:
        """Holds after every step."""
        if not self.workers:
            return
        rows, counts, _ = self._do(self._look())
        copies = Counter(message.recipient for message in self.transport.sent)
        assert counts.balances
        assert counts.recipients == len(rows) == READERS
        for row in rows:
            got, state = copies[row.address], DeliveryState(row.state)
            assert got <= 2, "a third copy"
            assert got <= 1 or row.unknowns, "a second copy that is not listed as doubtful"
            if state is DeliveryState.ACCEPTED:
                assert got, "accepted, but never sent"
            if state in (DeliveryState.SKIPPED, DeliveryState.EXPIRED):
                assert not row.unknowns, f"{state}, though a copy may have arrived"
            if state in (DeliveryState.SKIPPED, DeliveryState.REJECTED, DeliveryState.EXPIRED):
                assert not got or row.unknowns, f"{state}, but sent"
            if row.unknowns > 1:
                assert state is DeliveryState.HELD, "unknown for the second time, but not held"

    def teardown(self) -> None:
        try:
            if self.workers:
                self._do(self._end())
        finally:
            self._do(self._close())
            self._loop.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _end(self) -> None:
        """Without further events the issue comes to an end, and no delivery stays open."""
        for which in range(WORKERS):
            await self._die(which)
        if self.state is IssueState.PAUSED:
            await control.resume_issue(self.app, EDITOR, 1)
            self.state = IssueState.SENDING
        for _ in range(12):
            await housekeep(self.app, self.workers[0][0])
            self.now += timedelta(hours=9)
            _, ledger, _ = self.workers[0]
            for claim in await ledger.claim([Route.RELAY], READERS, self.now):
                await self._finish(0, *await self._stage(claim), "accepted")
        await housekeep(self.app, self.workers[0][0])
        async with self.app.store.read() as session:
            mailing = await get_mailing(session, 1)
        _, counts, _ = await self._look()
        assert counts.open == 0
        assert mailing.finished_at is not None
        assert mailing.state in (MailingState.FINISHED, MailingState.CANCELLED)
        self.all_is_settled(counts)

    def all_is_settled(self, counts: Any) -> None:
        """Nothing was skipped unless a reader left or the issue was cancelled."""
        if not self.gone and self.state is not IssueState.CANCELLED:
            assert counts.skipped == 0

    async def _close(self) -> None:
        for _, ledger, _ in self.workers:
            await ledger.close()
        await self._stack.aclose()
