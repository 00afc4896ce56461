"""Runs one case of the matrix: a whole worker, a real database, a relay that misbehaves.

The worker is production's, with shorter waits. The verdict is on the ledger before and
after the relay is fixed, and on the copies at the relay.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import col, select

from digest.delivery.guards.liveness import FileLock
from digest.delivery.ledger import mailings
from digest.delivery.ledger.accounting import account
from digest.delivery.ledger.claims import Claim
from digest.delivery.ledger.mailings import freeze_audience
from digest.delivery.ledger.recovery import tidy
from digest.delivery.ports import Outgoing
from digest.delivery.relay_address import RelayAddress as Address
from digest.delivery.relay_address import Tls
from digest.delivery.relays.config import RelayConfig
from digest.delivery.sending.route_sender import RelayEndpoint
from digest.delivery.sending.worker import Worker
from digest.delivery.states import MailingKind, MailingState, Route
from digest.delivery.tables import Delivery, Mailing
from digest.delivery.transports.smtp import Deadlines, SmtpTransport
from digest.store import Store, open_store
from digest.tables import metadata
from subscribers.keys import Keyring
from subscribers.states import SubscriptionState
from subscribers.suppression import in_force
from subscribers.tables import Subscriber, Subscription
from tests.faults.certificates import make_pair
from tests.faults.matrix import WAITING, Case
from tests.faults.pace import Pace
from tests.relay import LAST_LINE, Relay

READERS = 3
EDITION = "weekly"
BEGUN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PAST_ITS_FIRST_DEFERRAL = timedelta(minutes=7)
KEYRING = Keyring("a key for the tests only, long enough")
PATIENCE, STILL = 8.0, 0.25
PACE = Pace(tidy=0.1, back_off=4 * STILL, retry_unknown=30)


@dataclass(frozen=True)
class Found:
    """What the ledger says about one reader."""

    state: str
    attempts: int
    unknowns: int
    suppressed: bool


@dataclass(frozen=True)
class Seen:
    """The ledger and the relay at one moment."""

    rows: list[Found]
    mailing: str
    reason: str | None
    balances: bool
    connections: int
    troubles: int

    def __str__(self) -> str:
        rows = ", ".join(f"{row.state}/{row.attempts}/{row.unknowns}" for row in self.rows)
        return f"[{rows}], mailing {self.mailing} ({self.reason}), {self.connections} connections"


async def prepare(path: Path, *, beyond_ascii: bool = False) -> Path:
    """A database with readers and a mailing to them, to be copied for each case."""
    store = open_store(f"sqlite+aiosqlite:///{path}")
    async with store.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    async with store.write() as session:
        for number in range(1, READERS + 1):
            odd = beyond_ascii and number == 2
            address = f"jürgen{number}@example.org" if odd else f"reader{number}@example.org"
            session.add(
                Subscriber(
                    id=number,
                    address=address,
                    normalised=address,
                    address_hash=KEYRING.address_hash(address),
                    created_at=BEGUN,
                )
            )
        await session.flush()
        for number in range(1, READERS + 1):
            session.add(
                Subscription(
                    subscriber_id=number,
                    edition=EDITION,
                    state=SubscriptionState.ACTIVE,
                    confirmed_at=BEGUN,
                )
            )
        await session.flush()
        mailing = Mailing(
            kind=MailingKind.ISSUE,
            payload={"issue": 1},
            edition=EDITION,
            route=Route.RELAY,
            created_at=BEGUN,
            give_up_at=BEGUN + timedelta(hours=48),
            message_id_key="key@news.example.org",
        )
        await freeze_audience(session, mailing)
    await store.close()
    return path


async def attempt(case: Case, template: Path, folder: Path) -> list[str]:
    """Run a case; what was wrong, as sentences; empty if nothing was."""
    folder.mkdir(parents=True, exist_ok=True)
    database = shutil.copy(template, folder / "digest.db")
    store = open_store(f"sqlite+aiosqlite:///{database}")
    server_tls, client_tls = make_pair(template.parent)
    there = Relay(
        script=case.script,
        extensions=case.extensions,
        packets=case.packets,
        strikes=case.strikes,
        tls=server_tls if case.tls is Tls.STARTTLS and case.offers_tls else None,
    )
    try:
        async with there:
            transport = SmtpTransport(
                _address(case, there.port),
                "localhost",
                Deadlines(*[case.deadline] * 6),
                client_tls if case.trusted else None,
            )
            trial = _Trial(case, store, there, transport, folder / "workers")
            async with trial.working():
                return await trial.run()
    finally:
        await store.close()


def _address(case: Case, port: int) -> Address:
    if not case.login:
        return Address("127.0.0.1", port, case.tls)
    return Address("127.0.0.1", port, case.tls, "me", "a secret word")


class _Trial:
    def __init__(
        self, case: Case, store: Store, there: Relay, transport: SmtpTransport, locks: Path
    ) -> None:
        self._case, self._store, self._there = case, store, there
        self._now = BEGUN
        self._liveness = FileLock(locks)
        relay = RelayConfig(name="main", connections=1, address=transport.relay)
        endpoint = RelayEndpoint(relay, transport)
        self._worker = Worker(
            store=store,
            liveness=self._liveness,
            routes={Route.RELAY: {"main": endpoint}},
            compose=self._compose,
            housekeeping=self._tidy,
            clock=lambda: self._now,
            drain_seconds=1,
        )

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._worker.run())
        try:
            yield
        finally:
            self._worker.stop()
            await task

    async def run(self) -> list[str]:
        self._begun = asyncio.get_running_loop().time()
        seen = await self._until(self._wrongs_now)
        wrongs = self._wrongs_now(seen)
        if not wrongs:
            await asyncio.sleep(STILL)
            # Not just one look: on a busy machine the first may have come before the trouble.
            wrongs = self._wrongs_now(await self._until(self._wrongs_now))
        if not wrongs and self._case.fixable:
            self._there.script = {}
            self._now += PAST_ITS_FIRST_DEFERRAL
            seen = await self._until(self._wrongs_in_the_end, resuming=True)
            wrongs = self._wrongs_in_the_end(seen)
        return wrongs

    async def _resume(self) -> None:
        """As an editor would; repeated, since a connection from before the fix may still fail."""
        async with self._store.write() as session:
            await mailings.resume(session, 1)
        self._worker.wake()

    def _wrongs_now(self, seen: Seen) -> list[str]:
        expected, wrongs = self._case.expected, []
        struck = [row for n, row in enumerate(seen.rows, start=1) if n in self._case.strikes]
        others = [row for n, row in enumerate(seen.rows, start=1) if n not in self._case.strikes]
        if any(not self._is_right(row) for row in struck):
            wrongs.append(f"the struck should be {sorted(self._case.states)}: {seen}")
        if any(row.state not in self._fine_for_others() for row in others):
            wrongs.append(f"the others should be {sorted(self._fine_for_others())}: {seen}")
        if expected.paused is not None and expected.paused != (seen.mailing == "paused"):
            wrongs.append(f"should {'' if expected.paused else 'not '}be paused: {seen}")
        if seen.mailing == "paused" and not seen.reason:
            wrongs.append(f"paused without a reason: {seen}")
        backed_off = (asyncio.get_running_loop().time() - self._begun) / PACE.back_off
        if expected.backs_off and not (seen.troubles and seen.connections <= 1 + backed_off):
            wrongs.append(f"the relay should be left alone: {seen}")
        if not seen.connections:
            wrongs.append("the relay was never tried")
        if not seen.balances:
            wrongs.append(f"the equation does not balance: {seen}")
        if self._case.tls is Tls.STARTTLS and {"MAIL", "AUTH"} & {*self._there.in_the_clear}:
            wrongs.append(f"sent unencrypted: {self._there.in_the_clear}")
        return wrongs

    def _is_right(self, row: Found) -> bool:
        expected = self._case.expected
        if row.state in self._case.also:
            return True
        return (
            row.state in expected.states
            and row.attempts in expected.attempts
            and row.unknowns == expected.unknowns
            and row.suppressed == expected.suppressed
        )

    def _fine_for_others(self) -> frozenset[str]:
        """Before the struck one all went well; behind it nothing goes, if the relay is at fault."""
        fine = frozenset({"accepted"})
        return fine | WAITING if self._case.expected.stops else fine

    def _wrongs_in_the_end(self, seen: Seen) -> list[str]:
        wrongs = []
        for number, row in enumerate(seen.rows, start=1):
            struck = number in self._case.strikes
            ends = self._case.expected.ends if struck else "accepted"
            if row.state != ends:
                wrongs.append(f"reader {number} should end {ends}: {seen}")
        copies = self._there.copies()
        for number, address in enumerate(self._addresses(), start=1):
            row = seen.rows[number - 1]
            at_least = 1 if row.state == "accepted" else 0
            at_most = at_least + row.unknowns
            if not at_least <= copies[address] <= at_most:
                wrongs.append(f"reader {number} got {copies[address]} copies: {seen}")
        return wrongs

    def _addresses(self) -> list[str]:
        odd = self._case.beyond_ascii
        return [
            f"{'jürgen' if odd and number == 2 else 'reader'}{number}@example.org"
            for number in range(1, READERS + 1)
        ]

    async def _until(self, wrongs: Callable[[Seen], list[str]], *, resuming: bool = False) -> Seen:
        """Look until nothing is wrong any more, or patience ends."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while wrongs(seen := await self._look()):
            if asyncio.get_running_loop().time() > deadline:
                return seen
            if resuming and seen.mailing == "paused":
                await self._resume()
            await asyncio.sleep(0.04)
        return seen

    async def _look(self) -> Seen:
        async with self._store.read() as session:
            rows = (await session.exec(select(Delivery).order_by(col(Delivery.id)))).all()
            mailing = await mailings.get_mailing(session, 1)
            counts = await account(session, 1)
            found = [
                Found(
                    str(row.state),
                    row.attempts,
                    row.unknowns,
                    bool(await in_force(session, KEYRING.address_hash(row.address))),
                )
                for row in rows
            ]
        return Seen(
            found,
            str(MailingState(mailing.state)),
            mailing.state_reason,
            counts.balances,
            self._there.connections,
            sum(self._worker.tally.troubles.values()),
        )

    async def _compose(self, claim: Claim, wire_date: datetime) -> Outgoing:
        filling = b"x" * 78 + b"\r\n"
        data = (
            f"Message-ID: {claim.message_id}\r\n\r\nhello\r\n".encode()
            + filling * (self._case.filling // len(filling))
            + LAST_LINE
        )
        return Outgoing(
            claim.delivery_id,
            "bounces@news.example.org",
            claim.address,
            data,
            needs_smtputf8=not claim.address.isascii(),
        )

    async def _tidy(self) -> None:
        async with self._store.write() as session:
            await tidy(session, self._liveness, self._now)
