"""The order of one send: whatever forbids the dot is asked after the body and before it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.claims import Claim
from digest.delivery.ports import MessageRefused, Outgoing, RelayUnavailable, Reply
from digest.delivery.relay_address import RelayAddress, Tls
from digest.delivery.relays.balancer import RelayBalancer
from digest.delivery.relays.config import RelayConfig
from digest.delivery.sending.claim_buffer import ClaimBuffer
from digest.delivery.sending.lane import Lane
from digest.delivery.sending.outcome_handler import OutcomeHandler
from digest.delivery.sending.tally import Tally
from digest.delivery.states import DeliveryState, Route
from digest.store import Store
from subscribers.subscriptions import unsubscribe
from tests.unit.delivery.conftest import MakeMailing, rows

RELAY = RelayConfig(name="main", connections=4, address=RelayAddress("127.0.0.1", 25, Tls.NONE))


@dataclass
class Diary:
    """A transport and its one connection; notes what is asked of it, and can go wrong."""

    entries: list[str] = field(default_factory=list)
    usable: bool = True
    on_stage: Callable[[int], None] = lambda number: None
    on_dot: Callable[[int], None] = lambda number: None
    staged: int = 0

    async def connect(self) -> "Diary":
        self.entries.append("connect")
        return self

    async def stage(self, message: Outgoing) -> None:
        self.staged = message.delivery_id
        self.entries.append(f"stage {self.staged}")
        self.on_stage(self.staged)

    async def finish(self, then: Outgoing | None = None) -> Reply:
        self.entries.append(f"dot {self.staged}" + (f" with {then.delivery_id}" if then else ""))
        self.on_dot(self.staged)
        return Reply(250, "ok")

    async def abandon(self) -> None:
        self.entries.append("abandon")

    async def close(self) -> None:
        self.entries.append("close")


@dataclass
class Alive:
    """A worker that may have lost its lock."""

    owner: str = "me"
    held: bool = True

    def holds(self) -> bool:
        return self.held


async def compose(claim: Claim, wire_date: datetime) -> Outgoing:
    return Outgoing(claim.delivery_id, "b@news.example.org", claim.address, b"hello\r\n")


async def nothing() -> None:
    """Nothing hangs on these mailings."""


@asynccontextmanager
async def lane(
    store: Store, diary: Diary, now: datetime, lock: Alive | None = None, most: int | None = None
) -> AsyncIterator[Lane]:
    ledger = Ledger(store, lock or Alive())
    balancer = RelayBalancer([RELAY], 2)
    buffer = ClaimBuffer(store, ledger, Route.RELAY, balancer, lambda: now)
    handler = OutcomeHandler(store, ledger, buffer, balancer, Tally(), nothing, lambda: now)
    [live] = balancer.relays
    yield Lane(buffer, ledger, handler, live, diary, compose, lambda: now, most)
    await ledger.close()


async def states(store: Store) -> list[DeliveryState]:
    return [DeliveryState(row.state) for row in await rows(store)]


async def test_each_message_is_staged_armed_and_finished_with_the_next_envelope(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(3)
    diary = Diary()
    async with lane(store, diary, now) as it:
        assert await it.work()
        assert not await it.work()
    assert diary.entries == [
        *("connect", "stage 1", "dot 1 with 2", "stage 2", "dot 2 with 3", "stage 3", "dot 3"),
    ]
    assert await states(store) == [DeliveryState.ACCEPTED] * 3


async def test_no_dot_is_sent_before_its_arm_is_committed(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    seen: list[str] = []

    def look(number: int) -> None:
        with store.blocking_engine().connect() as other:
            [[state]] = other.exec_driver_sql("SELECT state FROM delivery").all()
            seen.append(state)

    diary = Diary(on_stage=look, on_dot=look)
    async with lane(store, diary, now) as it:
        await it.work()
    assert seen == ["claimed", "armed"]


async def test_a_worker_that_lost_its_lock_while_staging_sends_no_dot(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    lock = Alive()
    diary = Diary(on_stage=lambda number: setattr(lock, "held", False))
    async with lane(store, diary, now, lock) as it:
        await it.work()
    assert diary.entries == ["connect", "stage 1", "abandon"]
    assert await states(store) == [DeliveryState.PENDING]


async def test_a_reader_who_unsubscribes_while_staged_gets_no_dot_and_the_next_one_does(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(2)
    diary = Diary()

    async def compose_and_leave(claim: Claim, wire_date: datetime) -> Outgoing:
        if claim.delivery_id == 2:  # written while the first waits for its dot
            async with store.write() as session:
                await unsubscribe(session, 1, "weekly", source="test", now=now)
        return await compose(claim, wire_date)

    async with lane(store, diary, now) as it:
        it._compose = compose_and_leave
        await it.work()
    assert diary.entries == ["connect", "stage 1", "abandon", "connect", "stage 2", "dot 2"]
    assert await states(store) == [DeliveryState.SKIPPED, DeliveryState.ACCEPTED]


async def test_a_failure_at_the_dot_is_unknown_and_the_next_message_takes_a_new_connection(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(2)

    def break_once(number: int) -> None:
        if number == 1:
            raise RuntimeError("a bug in our code")

    diary = Diary(on_dot=break_once)
    async with lane(store, diary, now) as it:
        await it.work()
    assert diary.entries == [
        *("connect", "stage 1", "dot 1 with 2", "abandon", "connect", "stage 2", "dot 2"),
    ]
    assert await states(store) == [DeliveryState.UNKNOWN, DeliveryState.ACCEPTED]
    assert (await rows(store))[0].attempts == 0


async def test_a_session_that_the_relay_ended_is_reopened_at_once(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(2)
    closed = iter([None, RelayUnavailable("421 4.4.2 long enough"), None])

    def end_it(number: int) -> None:
        if trouble := next(closed):
            raise trouble

    diary = Diary(on_stage=end_it)
    async with lane(store, diary, now) as it:
        await it.work()
    assert diary.entries[3:] == ["stage 2", "abandon", "connect", "stage 2", "dot 2"]
    assert await states(store) == [DeliveryState.ACCEPTED] * 2


async def test_after_a_refused_reader_the_session_serves_the_next(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(2)

    def refuse_once(number: int) -> None:
        if number == 1:
            raise MessageRefused(Reply(550, "5.1.1 no"))

    diary = Diary(on_stage=refuse_once)
    async with lane(store, diary, now) as it:
        while await it.work():
            pass
    assert diary.entries == ["connect", "stage 1", "stage 2", "dot 2"]
    assert await states(store) == [DeliveryState.REJECTED, DeliveryState.ACCEPTED]


@pytest.mark.parametrize("most", [1, 2])
async def test_a_session_carries_no_more_than_the_relay_s_limit(
    store: Store, make_mailing: MakeMailing, now: datetime, most: int
) -> None:
    await make_mailing(4)
    diary = Diary()
    async with lane(store, diary, now, most=most) as it:
        while await it.work():
            pass
    assert diary.entries.count("connect") == 4 // most
    assert not [entry for entry in diary.entries if "with" in entry and most == 1]
    assert await states(store) == [DeliveryState.ACCEPTED] * 4
