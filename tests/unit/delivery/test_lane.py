"""The order of one send: whatever forbids the dot is asked after the body and before it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from digest.delivery.claims import Claim
from digest.delivery.lane import Lane
from digest.delivery.ledger import Ledger
from digest.delivery.outcomes import Outcome
from digest.delivery.ports import Outgoing, Reply
from digest.delivery.tables import DeliveryState, Route
from digest.store import Store
from tests.unit.delivery.conftest import MakeMailing, rows
from tests.unit.delivery.test_recovery import Living


@dataclass
class Diary:
    """A transport and its one connection; notes what is asked of it, and can go wrong."""

    entries: list[str] = field(default_factory=list)
    on_stage: Callable[[], None] = lambda: None
    failing: Exception | None = None

    async def connect(self) -> "Diary":
        return self

    async def stage(self, message: Outgoing) -> None:
        self.entries.append("stage")
        self.on_stage()

    async def finish(self) -> Reply:
        self.entries.append("dot")
        if self.failing:
            raise self.failing
        return Reply(250, "ok")

    async def abandon(self) -> None:
        self.entries.append("abandon")

    async def close(self) -> None:
        self.entries.append("close")


@dataclass
class Locked(Living):
    """A worker that may have lost its lock."""

    held: bool = True

    def holds(self) -> bool:
        return self.held


@pytest.fixture
async def claim(store: Store, make_mailing: MakeMailing, now: datetime) -> Claim:
    await make_mailing(1)
    [claim] = await Ledger(store, "me").claim([Route.RELAY], 1, now)
    return claim


def lane_of(store: Store, diary: Diary, lock: Locked, now: datetime) -> Lane:
    async def compose(claim: Claim, wire_date: datetime) -> Outgoing:
        return Outgoing(claim.delivery_id, "b@news.example.org", claim.address, b"hello\r\n")

    return Lane(Ledger(store, "me"), lock, diary, compose, lambda: now)


async def test_it_is_staged_armed_and_then_let_go(
    store: Store, claim: Claim, now: datetime
) -> None:
    diary = Diary()
    outcome = await lane_of(store, diary, Locked(), now).carry(claim)
    assert outcome == Outcome(DeliveryState.ACCEPTED, "250 ok")
    assert diary.entries == ["stage", "dot"]
    assert [row.state for row in await rows(store)] == [DeliveryState.ARMED]


async def test_a_worker_that_lost_its_lock_while_staging_sends_no_dot(
    store: Store, claim: Claim, now: datetime
) -> None:
    lock = Locked()
    diary = Diary(on_stage=lambda: setattr(lock, "held", False))
    assert await lane_of(store, diary, lock, now).carry(claim) is None
    assert diary.entries == ["stage", "abandon"]
    assert [row.state for row in await rows(store)] == [DeliveryState.CLAIMED]


async def test_a_claim_that_was_lost_while_staging_cuts_the_line_without_a_dot(
    store: Store, claim: Claim, now: datetime
) -> None:
    await Ledger(store, "me").give_back([claim], now)
    diary = Diary()
    assert await lane_of(store, diary, Locked(), now).carry(claim) is None
    assert diary.entries == ["stage", "abandon"]


async def test_what_goes_wrong_at_the_dot_is_unknown_and_the_line_is_cut(
    store: Store, claim: Claim, now: datetime
) -> None:
    diary = Diary(failing=RuntimeError("a bug of ours"))
    outcome = await lane_of(store, diary, Locked(), now).carry(claim)
    assert outcome == Outcome(DeliveryState.UNKNOWN, "a bug of ours", charged=False)
    assert diary.entries == ["stage", "dot", "abandon"]
