"""Claim, arm, record: a delivery has one owner at any moment, and consent decides last."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlmodel import select, update

from digest.delivery.ledger import mailings
from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.claims import Claim
from digest.delivery.outcomes import Outcome, outcome_of
from digest.delivery.ports import Reply
from digest.delivery.states import DeliveryState, MailingKind, MailingState, Route
from digest.delivery.tables import Delivery
from digest.store import Store, open_store
from subscribers.states import SubscriptionState, SuppressionReason
from subscribers.subscriptions import unsubscribe
from subscribers.suppression import suppress_reader
from subscribers.tables import Subscriber, Subscription, Suppression
from tests.unit.delivery.conftest import MakeMailing, rows

ROUTES = [Route.RELAY]
ACCEPTED = Outcome(DeliveryState.ACCEPTED, "250 ok")


@dataclass
class Alive:
    """A worker's lock: its owner's name, and whether it is held."""

    owner: str
    held: bool = True

    def holds(self) -> bool:
        return self.held


@pytest.fixture
def lock() -> Alive:
    return Alive("worker-1")


@pytest.fixture
async def ledger(store: Store, lock: Alive) -> AsyncIterator[Ledger]:
    ledger = Ledger(store, lock)
    yield ledger
    await ledger.close()


async def claim_one(ledger: Ledger, now: datetime) -> Claim:
    [claim] = await ledger.claim(ROUTES, 1, now)
    return claim


async def test_a_claim_takes_each_delivery_once(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(5)
    first = await ledger.claim(ROUTES, 3, now)
    second = await Ledger(store, Alive("worker-2")).claim(ROUTES, 3, now)
    assert len(first) == 3
    assert len(second) == 2
    assert not {c.delivery_id for c in first} & {c.delivery_id for c in second}


async def test_two_processes_never_claim_the_same(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(40)
    other = open_store(str(store.engine.url))
    batches = await asyncio.gather(
        *(
            Ledger(which, Alive(f"worker-{number}")).claim(ROUTES, 5, now)
            for number, which in enumerate([store, other] * 6)
        )
    )
    await other.close()
    claimed = [claim.delivery_id for batch in batches for claim in batch]
    assert len(claimed) == len(set(claimed)) == 40


async def test_a_claim_arms_once(ledger: Ledger, make_mailing: MakeMailing, now: datetime) -> None:
    await make_mailing(1)
    claim = await claim_one(ledger, now)
    assert await ledger.arm(claim, now, now)
    assert not await ledger.arm(claim, now, now)


async def test_a_lost_claim_neither_arms_nor_records(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    lost = await claim_one(ledger, now)
    await ledger.give_back([lost], now)
    held = await claim_one(Ledger(store, Alive("worker-2")), now)
    assert not await ledger.arm(lost, now, now)
    await ledger.record(lost, ACCEPTED, now)
    await ledger.flush()
    assert (await ledger.settle_denied(lost, now)).state is None
    assert await ledger.arm(held, now, now)


async def test_an_unsubscribe_after_the_claim_denies_the_dot(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    claim = await claim_one(ledger, now)
    async with store.write() as session:
        assert claim.subscriber_id is not None
        await unsubscribe(session, claim.subscriber_id, "weekly", source="test", now=now)
    assert not await ledger.arm(claim, now, now)
    assert (await ledger.settle_denied(claim, now)).state is DeliveryState.SKIPPED
    [row] = await rows(store)
    assert (row.state, row.reason) == (DeliveryState.SKIPPED, "no longer subscribed")


async def test_a_pause_denies_the_dot_and_leaves_the_delivery_for_later(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    mailing = await make_mailing(1)
    assert mailing.id is not None
    claim = await claim_one(ledger, now)
    async with store.write() as session:
        assert await mailings.pause(session, mailing.id, "a mistake")
    assert not await ledger.arm(claim, now, now)
    assert (await ledger.settle_denied(claim, now)).state is DeliveryState.PENDING
    assert await ledger.claim(ROUTES, 1, now) == []
    async with store.write() as session:
        assert await mailings.resume(session, mailing.id)
    assert len(await ledger.claim(ROUTES, 1, now)) == 1


async def test_a_cancel_denies_the_dot_for_good(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    mailing = await make_mailing(1)
    assert mailing.id is not None
    claim = await claim_one(ledger, now)
    async with store.write() as session:
        assert await mailings.cancel(session, mailing.id, "withdrawn")
        assert not await mailings.resume(session, mailing.id)
    assert not await ledger.arm(claim, now, now)
    assert (await ledger.settle_denied(claim, now)).state is DeliveryState.SKIPPED


async def test_an_armed_delivery_is_not_claimed_again_by_time_alone(
    ledger: Ledger, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    claim = await claim_one(ledger, now)
    assert await ledger.arm(claim, now, now)
    assert await ledger.claim(ROUTES, 1, now + timedelta(days=1)) == []


async def test_a_deferred_delivery_waits_for_its_time(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    claim = await claim_one(ledger, now)
    await ledger.record(claim, outcome_of(Reply(450, "4.2.1 greylisted")), now)
    await ledger.flush()
    [row] = await rows(store)
    assert row.attempts == 1
    assert await ledger.claim(ROUTES, 1, now + timedelta(minutes=3)) == []
    assert len(await ledger.claim(ROUTES, 1, now + timedelta(minutes=7))) == 1


async def test_nothing_is_claimed_after_the_time_to_give_up(
    ledger: Ledger, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    assert await ledger.claim(ROUTES, 1, now + timedelta(hours=48)) == []


async def test_a_dead_address_is_suppressed_in_the_same_commit(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(2)
    dead, spam = await ledger.claim(ROUTES, 2, now)
    await ledger.record(dead, outcome_of(Reply(550, "5.1.1 no such user")), now)
    await ledger.record(spam, outcome_of(Reply(550, "5.7.1 looks like spam")), now)
    await ledger.flush()
    async with store.read() as session:
        [suppression] = (await session.exec(select(Suppression))).all()
    assert suppression.reason == SuppressionReason.BOUNCE
    assert [row.state for row in await rows(store)] == [
        DeliveryState.REJECTED,
        DeliveryState.DEFERRED,
    ]


@pytest.mark.parametrize(
    ("reply", "codes"),
    [
        (Reply(250, "2.0.0 queued"), (250, "2.0.0")),
        (Reply(250, "queued"), (250, None)),
        (Reply(450, "4.2.0 greylisted"), (450, "4.2.0")),
        (Reply(554, "5.7.1 spam"), (554, "5.7.1")),
        (Reply(550, "5.1.1 no such user"), (550, "5.1.1")),  # changes the reader too
        (Reply(452, "4.2.2 mailbox full"), (452, "4.2.2")),  # may do so
    ],
)
async def test_the_codes_of_the_reply_are_recorded_beside_its_text(
    ledger: Ledger,
    store: Store,
    make_mailing: MakeMailing,
    now: datetime,
    reply: Reply,
    codes: tuple[int, str | None],
) -> None:
    await make_mailing(1)
    claim = await claim_one(ledger, now)
    assert await ledger.arm(claim, now, now)
    await ledger.record(claim, outcome_of(reply), now)
    await ledger.flush()
    [row] = await rows(store)
    assert (row.reason, (row.reply_code, row.enhanced_code)) == (str(reply), codes)


async def test_a_try_without_a_reply_leaves_no_codes_of_an_earlier_one(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    for outcome in (
        outcome_of(Reply(450, "4.2.0 greylisted")),
        Outcome(DeliveryState.DEFERRED, "the connection broke"),
    ):
        await ledger.record(await claim_one(ledger, now), outcome, now)
        await ledger.flush()
        now += timedelta(hours=1)
    [row] = await rows(store)
    assert (row.reply_code, row.enhanced_code) == (None, None)


@pytest.mark.parametrize("code", ["450 4.2.0", "550 5.1.1"])  # as a shared and as an own commit
async def test_a_reply_that_comes_after_an_erasure_is_not_kept(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime, code: str
) -> None:
    await make_mailing(1)
    claim = await claim_one(ledger, now)
    async with store.write() as session:
        await session.exec(update(Delivery).values(erased=True, reason="erased"))
    reply = Reply(int(code[:3]), f"{code[4:]} <reader1@example.org> refused")
    await ledger.record(claim, outcome_of(reply), now)
    await ledger.flush()
    [row] = await rows(store)
    assert row.state in (DeliveryState.DEFERRED, DeliveryState.REJECTED)
    assert row.reason == "erased"


async def test_the_message_id_is_the_same_on_every_try_and_differs_between_readers(
    ledger: Ledger, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(2)
    claims = await ledger.claim(ROUTES, 2, now)
    first = {claim.address: claim.message_id for claim in claims}
    await ledger.give_back(claims, now)
    again = await ledger.claim(ROUTES, 2, now)
    assert {claim.address: claim.message_id for claim in again} == first
    assert len(set(first.values())) == 2
    assert all(value.endswith("@news.example.org>") for value in first.values())


async def test_nothing_of_a_paused_mailing_is_claimed(
    ledger: Ledger, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1, state=MailingState.PAUSED)
    assert await ledger.claim(ROUTES, 1, now) == []


async def test_a_suppression_after_the_claim_denies_the_dot(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    claim = await claim_one(ledger, now)
    async with store.write() as session:
        reader = await session.get_one(Subscriber, claim.subscriber_id)
        await suppress_reader(session, reader, SuppressionReason.MANUAL, source="test", now=now)
    assert not await ledger.arm(claim, now, now)
    assert (await ledger.settle_denied(claim, now)).state is DeliveryState.SKIPPED


@pytest.mark.parametrize("state", SubscriptionState)
@pytest.mark.parametrize("asked", [True, False])
async def test_a_confirmation_goes_only_to_a_reader_who_has_yet_to_confirm(
    ledger: Ledger,
    store: Store,
    make_mailing: MakeMailing,
    now: datetime,
    state: SubscriptionState,
    asked: bool,
) -> None:
    await make_mailing(1, kind=MailingKind.CONFIRMATION)
    claim = await claim_one(ledger, now)
    async with store.write() as session:
        subscription = (await session.exec(select(Subscription))).one()
        subscription.state, subscription.requested_at = state, now if asked else None
        session.add(subscription)
    assert await ledger.arm(claim, now, now) == asked


async def test_an_armed_delivery_cannot_be_given_back(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    claim = await claim_one(ledger, now)
    await ledger.arm(claim, now, now)
    await ledger.give_back([claim], now)
    [row] = await rows(store)
    assert row.state == DeliveryState.ARMED


async def test_a_withheld_dot_leaves_nothing_armed_even_if_the_answer_of_its_commit_was_lost(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    claim = await claim_one(ledger, now)
    await ledger.arm(claim, now, now)
    assert (await ledger.settle_denied(claim, now)).state is DeliveryState.PENDING
    [row] = await rows(store)
    assert (row.state, row.token) == (DeliveryState.PENDING, None)


async def test_a_worker_that_lost_its_lock_arms_nothing(
    ledger: Ledger, lock: Alive, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    claim = await claim_one(ledger, now)
    lock.held = False
    assert not await ledger.arm(claim, now, now)


async def test_notices_are_claimed_before_an_issue_that_has_waited_longer(
    ledger: Ledger, make_mailing: MakeMailing, now: datetime
) -> None:
    issue = await make_mailing(3)
    notice = await make_mailing(0, kind=MailingKind.NOTICE)  # to the same three readers
    claimed = await ledger.claim(ROUTES, 10, now)
    assert [claim.mailing_id for claim in claimed] == [notice.id] * 3 + [issue.id] * 3


async def test_an_older_issue_is_claimed_before_a_newer_one(
    ledger: Ledger, make_mailing: MakeMailing, now: datetime
) -> None:
    older, newer = await make_mailing(2), await make_mailing(0)
    claimed = await ledger.claim(ROUTES, 3, now)
    assert [claim.mailing_id for claim in claimed] == [older.id, older.id, newer.id]


async def test_a_claim_without_issues_takes_none_of_an_issue(
    ledger: Ledger, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(3)
    confirmation = await make_mailing(0, kind=MailingKind.CONFIRMATION)
    claimed = await ledger.claim(ROUTES, 10, now, with_issues=False)
    assert [claim.mailing_id for claim in claimed] == [confirmation.id] * 3


async def test_a_mailing_on_another_route_is_not_claimed(
    ledger: Ledger, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1, route=Route.INBOX)
    assert await ledger.claim(ROUTES, 1, now) == []
    assert len(await ledger.claim([Route.INBOX], 1, now)) == 1


@pytest.mark.parametrize("kind", [MailingKind.NOTICE, MailingKind.TEST])
async def test_a_notice_and_a_test_need_no_subscription(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime, kind: MailingKind
) -> None:
    await make_mailing(1, kind=kind)
    claim = await claim_one(ledger, now)
    async with store.write() as session:
        await unsubscribe(session, claim.subscriber_id or 0, "weekly", source="test", now=now)
    assert await ledger.arm(claim, now, now)


async def test_a_try_that_is_not_charged_waits_as_after_the_first(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    closing = Outcome(DeliveryState.DEFERRED, "421 closing", charged=False)
    await ledger.record(await claim_one(ledger, now), closing, now)
    await ledger.flush()
    [row] = await rows(store)
    assert row.attempts == 0
    assert row.not_before is not None
    assert timedelta(minutes=4) <= row.not_before - now <= timedelta(minutes=6)


async def test_the_date_of_the_message_is_stored_when_it_is_armed(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    wire_date = now - timedelta(seconds=3)
    assert await ledger.arm(await claim_one(ledger, now), wire_date, now)
    [row] = await rows(store)
    assert (row.wire_date, row.updated_at) == (wire_date, now)


async def test_a_lost_claim_suppresses_nobody(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    lost = await claim_one(ledger, now)
    await ledger.give_back([lost], now)
    await ledger.record(lost, outcome_of(Reply(550, "5.1.1 no such user")), now)
    async with store.read() as session:
        assert (await session.exec(select(Suppression))).all() == []
