"""What lanes are handed, in which order, and what they are not."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from digest.delivery.ledger.access import LEASE, Ledger
from digest.delivery.ports import Reply
from digest.delivery.relay_address import RelayAddress, Tls
from digest.delivery.relays.balancer import RelayBalancer
from digest.delivery.relays.config import RelayConfig
from digest.delivery.relays.live_relay import LiveRelay
from digest.delivery.sending.claim_buffer import ClaimBuffer
from digest.delivery.states import DeliveryState, MailingKind, Route
from digest.store import Store
from tests.unit.delivery.conftest import MakeMailing, rows
from tests.workers import ledger_at

ADDRESS = RelayAddress("127.0.0.1", 25, Tls.NONE)


@dataclass
class Bench:
    """A buffer with a clock that the test moves."""

    buffer: ClaimBuffer
    ledger: Ledger
    relays: list[LiveRelay]
    now: datetime
    room: bool = True


@pytest.fixture
async def make(store: Store, now: datetime) -> AsyncIterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(**limits: object) -> Bench:
        config = RelayConfig.model_validate({"name": "main", "address": ADDRESS, **limits})
        balancer, ledger = RelayBalancer([config], 2), ledger_at(store)
        buffer = ClaimBuffer(
            store, ledger, Route.RELAY, balancer, lambda: bench.now, lambda: bench.room
        )
        bench = Bench(buffer, ledger, balancer.relays, now)
        made.append(bench)
        return bench

    yield make
    for bench in made:
        bench.buffer.stop()
        await bench.buffer.close()


async def taken(bench: Bench, count: int) -> list[int]:
    """The deliveries handed out one after the other, each answered at once."""
    found = []
    for _ in range(count):
        assignment = await bench.buffer.next(bench.relays[0])
        if assignment is not None:
            found.append(assignment.claim.delivery_id)
            assignment.permit.done(0.0, Reply(250, "ok"))
    return found


@pytest.mark.parametrize("connections", [1, 100])
async def test_everything_that_is_due_is_handed_out_once_in_order(
    make: Callable[..., Bench], make_mailing: MakeMailing, connections: int
) -> None:
    await make_mailing(70)
    assert await taken(make(connections=connections), 80) == list(range(1, 71))


async def test_a_transactional_message_goes_before_issue_mail_that_is_here_already(
    make: Callable[..., Bench], make_mailing: MakeMailing
) -> None:
    await make_mailing(20)
    bench = make(connections=4)
    assert await taken(bench, 2) == [1, 2]
    await make_mailing(0, kind=MailingKind.NOTICE)  # to the same twenty readers
    bench.buffer.wake()
    await taken(bench, 1)  # it looks beside handing out
    await bench.buffer._fetch()
    assert min(await taken(bench, 2)) > 20


async def test_a_claim_whose_lease_is_over_is_handed_to_nobody(
    make: Callable[..., Bench], make_mailing: MakeMailing, store: Store
) -> None:
    await make_mailing(3)
    bench = make(connections=4)
    assert await taken(bench, 1) == [1]
    bench.now += LEASE
    assert await taken(bench, 1) == []
    assert [row.state for row in await rows(store)] == [DeliveryState.CLAIMED] * 3


async def test_what_is_withdrawn_is_handed_to_nobody_and_can_be_given_back(
    make: Callable[..., Bench], make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(5)
    bench = make(connections=4)
    await taken(bench, 1)
    withdrawn = bench.buffer.withdraw(mailing.id or 0)
    assert [claim.delivery_id for claim in withdrawn] == [2, 3, 4, 5]
    assert bench.buffer.at_hand(bench.relays[0]) is None


async def test_nothing_is_claimed_while_there_is_no_room(
    make: Callable[..., Bench], make_mailing: MakeMailing, store: Store
) -> None:
    await make_mailing(2)
    bench = make(connections=4)
    bench.room = False
    assert await taken(bench, 1) == []
    assert [row.state for row in await rows(store)] == [DeliveryState.PENDING] * 2


async def test_the_buffer_waits_for_what_the_rate_does_not_allow_yet(
    make: Callable[..., Bench], make_mailing: MakeMailing
) -> None:
    await make_mailing(5)
    bench = make(connections=4, per_second=0.5)
    assert len(await taken(bench, 5)) < 5
    assert bench.buffer.wait is not None
    assert 0 < bench.buffer.wait <= 2


async def test_an_hourly_limit_is_reserved_before_the_first_message(
    make: Callable[..., Bench], make_mailing: MakeMailing
) -> None:
    await make_mailing(5)
    bench = make(connections=4, per_hour=3)
    assert await taken(bench, 8) == [1, 2, 3]
    bench.now += timedelta(minutes=1)
    assert await taken(bench, 2) == []
