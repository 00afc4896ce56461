"""A worker on a real relay: every reader ends in one state, with as many copies as promised."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from digest.delivery.guards.liveness import FileLock, LockLost
from digest.delivery.ledger import access as ledger
from digest.delivery.ledger import mailings
from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.accounting import Accounting, account
from digest.delivery.ledger.claims import Claim
from digest.delivery.ledger.commits import Commits
from digest.delivery.ledger.mailings import get_mailing
from digest.delivery.ledger.recovery import tidy
from digest.delivery.ports import Outgoing
from digest.delivery.relay_address import RelayAddress as Address
from digest.delivery.relay_address import Tls
from digest.delivery.relays.config import RelayConfig
from digest.delivery.sending.outcome_handler import SILENT_IN_A_ROW, OutcomeHandler
from digest.delivery.sending.route_sender import RelayEndpoint
from digest.delivery.sending.timing import Timing
from digest.delivery.sending.worker import Worker
from digest.delivery.states import DeliveryState, MailingKind, MailingState, Route
from digest.delivery.tables import Mailing
from digest.delivery.transports.smtp import Deadlines, SmtpTransport
from digest.delivery.transports.smtp_session import SmtpConnection
from digest.store import Store
from subscribers.subscriptions import unsubscribe
from subscribers.tables import Suppression
from tests.relay import DROP, HANG, TAKE_AND_DROP, Relay, relay
from tests.unit.delivery.conftest import MakeMailing, rows

SHORT = Deadlines(connect=1, command=1, data=1, write=1, dot=1)
FAST = Timing(poll=0.05, tidy=0.1, retry=0.05, back_off=(0.05,))


in_force = select(Suppression).where(col(Suppression.lifted_at).is_(None))


async def resume(store: Store, mailing: Mailing) -> None:
    async with store.write() as session:
        assert await mailings.resume(session, mailing.id or 0)


async def compose(claim: Claim, wire_date: datetime) -> Outgoing:
    data = f"Message-ID: {claim.message_id}\r\n\r\nhello {claim.address}\r\n".encode()
    return Outgoing(claim.delivery_id, "bounces@news.example.org", claim.address, data)


@dataclass
class Bench:
    """Starts workers against a relay and waits for what comes of it."""

    store: Store
    folder: Path
    clock: Callable[[], datetime]

    def worker(
        self,
        there: Relay,
        *,
        connections: int = 3,
        drain: float = 5,
        most: int | None = None,
        timing: Timing = FAST,
        alike_in_a_row: int = 25,
    ) -> Worker:
        liveness = FileLock(self.folder)

        async def housekeeping() -> None:
            async with self.store.write() as session:
                await tidy(session, liveness, self.clock())

        address = Address("127.0.0.1", there.port, Tls.NONE)
        config = RelayConfig(
            name="main",
            connections=connections,
            messages_per_connection=most,
            address=address,
        )
        endpoint = RelayEndpoint(config, SmtpTransport(address, "localhost", SHORT))
        return Worker(
            store=self.store,
            liveness=liveness,
            routes={Route.RELAY: {"main": endpoint}},
            compose=compose,
            housekeeping=housekeeping,
            clock=self.clock,
            drain_seconds=drain,
            timing=timing,
            alike_in_a_row=alike_in_a_row,
        )

    @asynccontextmanager
    async def working(self, there: Relay, **options: Any) -> AsyncIterator[Worker]:
        made = self.worker(there, **options)
        task = asyncio.create_task(made.run())
        try:
            yield made
        finally:
            made.stop()
            await task

    async def counts(self, mailing: Mailing) -> Accounting:
        async with self.store.read() as session:
            assert mailing.id is not None
            return await account(session, mailing.id)

    async def until(self, holds: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not await holds():
                await asyncio.sleep(0.02)

    async def until_closed(self, mailing: Mailing) -> Accounting:
        async def closed() -> bool:
            return (await self.counts(mailing)).open == 0

        await self.until(closed)
        return await self.counts(mailing)


@pytest.fixture
def bench(store: Store, tmp_path: Path, now: datetime) -> Bench:
    return Bench(store, tmp_path / "workers", lambda: now)


async def test_everybody_gets_one_copy(bench: Bench, make_mailing: MakeMailing) -> None:
    mailing = await make_mailing(60)
    async with Relay() as there, bench.working(there):
        counts = await bench.until_closed(mailing)
    assert counts.accepted == counts.recipients == 60
    assert set(there.copies().values()) == {1}
    assert len(there.copies()) == 60


async def test_two_workers_share_the_work_and_send_nothing_twice(
    bench: Bench, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(80)
    async with Relay() as there, bench.working(there), bench.working(there):
        await bench.until_closed(mailing)
    assert len(there.copies()) == 80
    assert set(there.copies().values()) == {1}


async def test_a_reader_who_unsubscribes_during_the_sending_gets_nothing_after_the_commit(
    bench: Bench, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    mailing = await make_mailing(100)
    async with Relay() as there, bench.working(there, connections=1):

        async def begun() -> bool:
            return len(there.taken) >= 10

        await bench.until(begun)
        async with store.write() as session:
            for row in await rows(store):
                if row.id and row.id > 50 and row.subscriber_id:
                    await unsubscribe(session, row.subscriber_id, "weekly", source="test", now=now)
        before = set(there.copies())
        counts = await bench.until_closed(mailing)
    late = {f"reader{number}@example.org" for number in range(51, 101)}
    assert set(there.copies()) & late == before & late
    assert counts.skipped == len(late - before)
    assert counts.skipped > 0
    assert counts.balances


async def test_a_pause_counts_from_its_commit_and_a_cancel_ends_the_mailing(
    bench: Bench, store: Store, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(100)
    assert mailing.id is not None
    async with Relay() as there, bench.working(there, connections=1):

        async def begun() -> bool:
            return len(there.taken) >= 5

        await bench.until(begun)
        async with store.write() as session:
            await mailings.pause(session, mailing.id, "a mistake")
        in_force = await bench.counts(mailing)
        await asyncio.sleep(0.3)
        held = await bench.counts(mailing)
        assert held.accepted <= in_force.accepted + in_force.in_flight
        assert held.accepted == len(there.taken)
        async with store.write() as session:
            await mailings.cancel(session, mailing.id, "a mistake")
        counts = await bench.until_closed(mailing)
    assert counts.skipped == 100 - len(there.taken)
    assert counts.balances


@pytest.mark.parametrize(
    ("script", "state"),
    [
        ({"RCPT": "550 5.1.1 no such user"}, DeliveryState.REJECTED),
        ({"RCPT": "450 4.2.1 greylisted"}, DeliveryState.DEFERRED),
        ({"DATA": "550 no"}, DeliveryState.HELD),  # the issue is paused: nobody accepted it
        ({"dot": "554 5.7.1 spam"}, DeliveryState.HELD),
        ({"dot": "554 5.7.1 relay access denied"}, DeliveryState.HELD),
        ({"dot": "451 4.3.0 later"}, DeliveryState.DEFERRED),
        ({"dot": "421 4.3.2 closing"}, DeliveryState.DEFERRED),
        ({"RCPT": DROP}, DeliveryState.DEFERRED),
        ({"dot": DROP}, DeliveryState.UNKNOWN),
        ({"dot": TAKE_AND_DROP}, DeliveryState.UNKNOWN),
    ],
)
async def test_the_state_that_a_failure_leads_to(
    bench: Bench,
    store: Store,
    make_mailing: MakeMailing,
    script: dict[str, str],
    state: DeliveryState,
) -> None:
    await make_mailing(1)
    async with Relay(script=script) as there, bench.working(there):

        async def settled() -> bool:
            return (await rows(store))[0].state == state

        await bench.until(settled)
    [row] = await rows(store)
    assert row.reason
    uncharged = ("421" in str(script), "554" in str(script), state == "unknown")
    assert row.attempts == (0 if any(uncharged) else 1)


async def test_a_relay_in_trouble_costs_the_reader_no_try(
    bench: Bench, store: Store, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(2)
    async with relay(MAIL="451 4.3.2 busy") as there, bench.working(there):
        await asyncio.sleep(0.3)
        assert {row.attempts for row in await rows(store)} == {0}
        there.script = {}
        counts = await bench.until_closed(mailing)
    assert counts.accepted == 2


async def test_a_relay_that_refuses_the_sender_pauses_the_issue_with_the_reason(
    bench: Bench, store: Store, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(2)
    assert mailing.id is not None
    async with relay(MAIL="550 5.7.1 not from you") as there, bench.working(there):

        async def paused() -> bool:
            async with store.read() as session:
                found = await get_mailing(session, mailing.id or 0)
                return found.state == MailingState.PAUSED

        await bench.until(paused)
    async with store.read() as session:
        found = await get_mailing(session, mailing.id)
    assert "550 5.7.1 not from you" in (found.state_reason or "")
    assert {row.state for row in await rows(store)} == {DeliveryState.PENDING}


async def test_many_identical_rejections_pause_the_issue(
    bench: Bench, store: Store, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(60)
    once = {"connections": 1, "alike_in_a_row": 5}
    async with relay(RCPT="550 5.2.1 not here") as there, bench.working(there, **once):

        async def paused() -> bool:
            async with store.read() as session:
                return (await get_mailing(session, mailing.id or 0)).state == MailingState.PAUSED

        await bench.until(paused)
    counts = await bench.counts(mailing)
    assert 5 <= counts.held < 60
    assert not counts.rejected
    assert counts.balances


async def test_a_message_that_cannot_be_written_pauses_its_issue_only(
    bench: Bench, store: Store, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(3)

    async def broken(claim: Claim, wire_date: datetime) -> Outgoing:
        raise RuntimeError("no template")

    async with Relay() as there:
        made = bench.worker(there)
        made._compose = broken
        task = asyncio.create_task(made.run())

        async def paused() -> bool:
            async with store.read() as session:
                return (await get_mailing(session, mailing.id or 0)).state == MailingState.PAUSED

        await bench.until(paused)
        made.stop()
        await task
    assert (await bench.counts(mailing)).open == 3


async def test_a_lane_that_fails_ends_the_worker_with_its_error(
    bench: Bench, make_mailing: MakeMailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_mailing(3)

    async def broken(*_: object) -> bool:
        raise RuntimeError("a bug in our code")

    async with Relay() as there:
        made = bench.worker(there)
        monkeypatch.setattr(OutcomeHandler, "outcome", broken)
        with pytest.raises(RuntimeError, match="a bug in our code"):
            await asyncio.wait_for(made.run(), 60)


async def test_stopping_records_what_is_in_flight_and_gives_the_rest_back(
    bench: Bench, store: Store, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(100)
    async with Relay() as there:
        async with bench.working(there):

            async def begun() -> bool:
                return len(there.taken) >= 5

            await bench.until(begun)
        counts = await bench.counts(mailing)
        assert counts.in_flight == counts.unknown == 0
        assert counts.accepted == len(there.taken) < 100
        async with bench.working(there):
            counts = await bench.until_closed(mailing)
    assert counts.accepted == 100
    assert set(there.copies().values()) == {1}


def locked() -> OperationalError:
    return OperationalError("UPDATE", {}, sqlite3.OperationalError("database is locked"))


def busy_once(name: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let a step of the ledger find the database locked at its first call; the calls made."""
    owner, method, concerns = STEPS[name]
    real, calls = getattr(owner, method), []

    def step(*arguments: Any, **options: Any) -> Any:
        if concerns(*arguments):
            calls.append(name)
            if len(calls) == 1:
                raise locked()
        return real(*arguments, **options)

    async def awaited(*arguments: Any, **options: Any) -> Any:
        return await step(*arguments, **options)

    monkeypatch.setattr(owner, method, awaited if iscoroutinefunction(real) else step)
    return calls


def always(*_: object) -> bool:
    return True


STEPS: dict[str, tuple[Any, str, Callable[..., bool]]] = {
    "claim": (Ledger, "claim", always),
    "arm": (Commits, "write", lambda self, arms, records: bool(arms)),
    "record": (Commits, "write", lambda self, arms, records: bool(records)),
    "record unknown": (ledger, "record_outcome", always),
    "settle_denied": (Ledger, "settle_denied", always),
}


async def test_a_bug_in_the_ledger_s_thread_ends_the_worker_with_its_error(
    bench: Bench, make_mailing: MakeMailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_mailing(3)

    def broken(*_: object) -> bool:
        raise RuntimeError("a bug in our code")

    monkeypatch.setattr(Commits, "write", broken)
    async with Relay() as there:
        with pytest.raises(RuntimeError, match="a bug in our code"):
            await asyncio.wait_for(bench.worker(there).run(), 60)
        assert there.taken == []


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ({}, "claim"),
        ({}, "arm"),
        ({}, "record"),
        ({"dot": TAKE_AND_DROP}, "record unknown"),
    ],
)
async def test_a_busy_database_pauses_nothing_and_loses_nothing(
    bench: Bench,
    store: Store,
    make_mailing: MakeMailing,
    monkeypatch: pytest.MonkeyPatch,
    script: dict[str, str],
    name: str,
) -> None:
    mailing = await make_mailing(1, resend_unknown=False)
    assert mailing.id is not None
    async with Relay(script=script) as there:
        made = bench.worker(there)
        calls = busy_once(name, monkeypatch)
        task = asyncio.create_task(made.run())

        async def again() -> bool:
            return len(calls) > 1

        await bench.until(again)
        counts = await bench.until_closed(mailing)
        made.stop()
        await task
    assert counts.accepted + counts.held == 1
    assert counts.held == (there.script == {"dot": TAKE_AND_DROP})
    assert set(there.copies().values()) == {1}


async def test_a_busy_database_after_a_denied_dot_does_not_pause_the_issue(
    bench: Bench, store: Store, make_mailing: MakeMailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = await make_mailing(2)
    async with Relay() as there:
        made = bench.worker(there)
        busy_once("arm", monkeypatch)
        settled = busy_once("settle_denied", monkeypatch)
        task = asyncio.create_task(made.run())
        counts = await bench.until_closed(mailing)
        made.stop()
        await task
    assert len(settled) >= 2
    assert counts.accepted == 2


async def test_a_busy_database_while_a_message_is_written_does_not_pause_the_issue(
    bench: Bench, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(2)
    calls: list[Claim] = []

    async def busy(claim: Claim, wire_date: datetime) -> Outgoing:
        calls.append(claim)
        if len(calls) == 1:
            raise locked()
        return await compose(claim, wire_date)

    async with Relay() as there:
        made = bench.worker(there)
        made._compose = busy
        task = asyncio.create_task(made.run())
        counts = await bench.until_closed(mailing)
        made.stop()
        await task
    assert counts.accepted == 2


@pytest.mark.parametrize("kind", [MailingKind.ISSUE, MailingKind.NOTICE])
async def test_a_bug_after_arming_leaves_the_outcome_unknown(
    bench: Bench,
    store: Store,
    make_mailing: MakeMailing,
    monkeypatch: pytest.MonkeyPatch,
    kind: MailingKind,
) -> None:
    mailing = await make_mailing(1, kind=kind, resend_unknown=False)

    async def broken(self: SmtpConnection, then: Outgoing | None = None) -> None:
        raise ValueError("a bug in our code")

    monkeypatch.setattr(SmtpConnection, "finish", broken)
    async with Relay() as there, bench.working(there):
        counts = await bench.until_closed(mailing)
    assert counts.held == 1
    assert "a bug in our code" in ((await rows(store))[0].reason or "")


async def test_a_relay_that_never_answers_a_dot_does_not_make_the_whole_mailing_unknown(
    bench: Bench, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(100)
    patient = {"connections": 2, "timing": replace(FAST, back_off=(60,))}
    async with relay(dot=TAKE_AND_DROP) as there, bench.working(there, **patient):

        async def some() -> bool:
            return len(there.taken) >= SILENT_IN_A_ROW

        await bench.until(some)
        await asyncio.sleep(0.3)
        assert len(there.taken) <= SILENT_IN_A_ROW + 2
    assert (await bench.counts(mailing)).ever_unknown == len(there.taken)


async def test_a_known_reply_is_recorded_before_the_session_is_ended_politely(
    bench: Bench, store: Store, make_mailing: MakeMailing
) -> None:
    await make_mailing(1)
    async with relay(QUIT=HANG) as there, bench.working(there, drain=0.1, most=1):

        async def accepted() -> bool:
            return (await rows(store))[0].state == DeliveryState.ACCEPTED

        await bench.until(accepted, seconds=Deadlines().quit - 1)


async def test_a_reply_in_another_encoding_is_recorded(
    bench: Bench, store: Store, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(1)
    async with Relay(script={"dot": "250 2.0.0 gr\udcfc\udcdfe"}) as there, bench.working(there):
        counts = await bench.until_closed(mailing)
    assert counts.accepted == 1
    assert (await rows(store))[0].reason == "250 2.0.0 gr\ufffd\ufffde"


async def test_a_worker_whose_lock_was_taken_away_ends_and_sends_nothing(
    bench: Bench, store: Store, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(20)
    async with Relay() as there:
        made = bench.worker(there)
        next(bench.folder.glob("*.lock")).unlink()
        with pytest.raises(LockLost):
            await asyncio.wait_for(made.run(), 60)
        assert there.taken == []
    assert (await bench.counts(mailing)).open == 20


async def test_an_issue_follows_at_once_when_the_worker_pauses_its_mailing(
    bench: Bench, store: Store, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(1)
    seen: list[str] = []
    async with relay(MAIL="550 5.7.1 not from you") as there:
        made = bench.worker(there, timing=replace(FAST, tidy=1000))

        async def look() -> None:
            async with store.read() as session:
                seen.append((await get_mailing(session, mailing.id or 0)).state)

        made._housekeeping = look
        task = asyncio.create_task(made.run())

        async def followed() -> bool:
            return MailingState.PAUSED in seen

        await bench.until(followed)
        made.stop()
        await task


async def test_even_dead_addresses_pause_the_issue_when_there_is_nothing_else(
    bench: Bench, store: Store, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(60)
    once = {"connections": 1, "alike_in_a_row": 5}
    async with relay(RCPT="550 5.1.2 no such domain") as there, bench.working(there, **once):

        async def paused() -> bool:
            async with store.read() as session:
                return (await get_mailing(session, mailing.id or 0)).state == MailingState.PAUSED

        await bench.until(paused)
        counts = await bench.counts(mailing)
        assert 5 <= counts.held < 60
        async with store.read() as session:
            assert not (await session.exec(in_force)).all(), "nobody stays suppressed"
        await resume(store, mailing)
        counts = await bench.until_closed(mailing)
    assert counts.rejected == 60, "the editor has been asked once"


async def test_a_worker_that_cannot_write_at_its_end_still_releases_its_lock(
    bench: Bench, make_mailing: MakeMailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_mailing(50)
    async with Relay() as there:
        made = bench.worker(there)

        async def broken(*_: object) -> None:
            raise locked()

        task = asyncio.create_task(made.run())

        async def begun() -> bool:
            return len(there.taken) >= 5

        await bench.until(begun)
        monkeypatch.setattr(Ledger, "give_back", broken)
        made.stop()
        await task
    assert list(bench.folder.glob("*.lock")) == []


async def test_a_test_mail_that_the_relay_refuses_is_paused_because_somebody_waits_for_it(
    bench: Bench, store: Store, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(1, kind=MailingKind.TEST)
    async with relay(MAIL="550 5.7.1 not from you") as there, bench.working(there):

        async def paused() -> bool:
            async with store.read() as session:
                return (await get_mailing(session, mailing.id or 0)).state == MailingState.PAUSED

        await bench.until(paused)
