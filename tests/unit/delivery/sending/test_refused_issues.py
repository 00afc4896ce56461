"""A relay that refuses for reasons of its own loses no reader, and nobody has to be told twice."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from sqlmodel import select

from digest.delivery.relays.status import RelayStatus
from digest.delivery.sending.worker import Worker
from digest.delivery.states import DeliveryState, MailingKind, MailingState
from digest.store import Store
from subscribers.tables import Subscription
from tests.relay import Action, Relay
from tests.unit.delivery.conftest import MakeMailing, rows
from tests.unit.delivery.sending.scene import Scene

DENIED = "554 5.7.1 <reader@example.org>: Relay access denied"
CASES = {
    "relay access denied": {"RCPT": DENIED},
    "HELO refused at RCPT": {"RCPT": "504 5.5.2 <localhost>: Helo command rejected"},
    "access denied, without a code": {"RCPT": "550 Recipient address rejected: Access denied"},
    "a daily limit": {"DATA": "550 5.4.5 Daily user sending limit exceeded"},
    "too big": {"dot": "552 5.3.4 too big"},
    "spam": {"dot": "554 5.7.1 looks like spam"},
    "no reason": {"RCPT": "550 no"},
}


def _statuses(worker: Worker) -> dict[str, RelayStatus]:
    [sender] = worker._senders
    return {status.relay: status for status in sender._balancer.statuses(0)}


@pytest.mark.parametrize("script", CASES.values(), ids=CASES)
@pytest.mark.parametrize("readers", [1, 2, 20])
async def test_refusals_that_are_not_the_readers_pause_the_issue_and_resuming_sends_it_to_all(
    scene: Scene, make_mailing: MakeMailing, script: Mapping[str, Action], readers: int
) -> None:
    await make_mailing(readers)
    async with Relay(script=script) as there, scene.working(there) as worker:
        if readers == 2 and "dot" in script:  # two are too few to be sure at the first try
            scene.now += timedelta(minutes=10)
        paused = await scene.until(MailingState.PAUSED)
        counts = await scene.settled()
        assert (counts.accepted, counts.rejected) == (0, 0)
        assert counts.held > 0
        assert counts.balances
        assert paused.state_reason
        there.script = {}
        await scene.resume()
        worker.wake()
        await scene.until(MailingState.FINISHED)
    assert (await scene.counts()).accepted == readers
    assert set(there.copies().values()) == {1}
    assert not await scene.suppressed()


@pytest.mark.parametrize("script", CASES.values(), ids=CASES)
async def test_of_two_relays_the_one_that_refuses_is_put_out_and_the_other_takes_over(
    scene: Scene, make_mailing: MakeMailing, script: Mapping[str, Action]
) -> None:
    await make_mailing(60)
    async with AsyncExitStack() as stack:
        bad = await stack.enter_async_context(Relay(script=script))
        good = await stack.enter_async_context(Relay())
        worker = await stack.enter_async_context(scene.working(bad, good))
        await scene.until(MailingState.FINISHED)
        statuses = _statuses(worker)
    assert (await scene.counts()).accepted == 60
    assert set(good.copies().values()) == {1}
    assert not bad.copies()
    assert statuses["a"].reason
    assert not statuses["b"].reason


async def test_one_reader_whose_server_says_so_does_not_stop_the_others(
    scene: Scene, make_mailing: MakeMailing
) -> None:
    await make_mailing(40)
    async with Relay(script={"RCPT": DENIED}, strikes=[20]) as there, scene.working(there):
        async with asyncio.timeout(60):
            while (await scene.counts()).accepted < 39:
                await asyncio.sleep(0.02)
        assert (await scene.mailing()).state == MailingState.ACTIVE
        assert (await scene.counts()).deferred == 1
        scene.now += timedelta(minutes=6)
        await scene.until(MailingState.FINISHED)
    assert (await scene.counts()).accepted == 40


async def test_an_issue_that_nobody_accepted_does_not_end_as_sent(
    scene: Scene, make_mailing: MakeMailing
) -> None:
    await make_mailing(3)
    async with Relay(script={"RCPT": "550 5.1.1 no such user"}) as there, scene.working(there):
        ended = await scene.until(MailingState.CANCELLED)
    assert ended.state_reason == "accepted for 0 of 3 readers: 3 rejected"
    assert len(await scene.suppressed()) == 3


async def test_what_is_held_ends_with_a_cancelled_issue_and_expires_with_a_late_one(
    scene: Scene, store: Store, make_mailing: MakeMailing
) -> None:
    await make_mailing(4)
    async with Relay(script={"RCPT": DENIED}) as there, scene.working(there):
        await scene.until(MailingState.PAUSED)
        scene.now += timedelta(hours=49)
        await scene.until(MailingState.CANCELLED)
    assert {row.state for row in await rows(store)} == {DeliveryState.EXPIRED}


async def test_a_test_mail_that_the_relay_refuses_ends_with_the_reply(
    scene: Scene, store: Store, make_mailing: MakeMailing
) -> None:
    await make_mailing(1, kind=MailingKind.TEST)
    async with Relay(script={"RCPT": DENIED}) as there, scene.working(there):
        await scene.until(MailingState.FINISHED)
    [row] = await rows(store)
    assert (row.state, row.reason) == (DeliveryState.REJECTED, DENIED)


@pytest.mark.parametrize("script", CASES.values(), ids=CASES)
async def test_a_refused_confirmation_is_tried_by_the_usual_schedule(
    scene: Scene, store: Store, make_mailing: MakeMailing, script: Mapping[str, Action]
) -> None:
    await make_mailing(1, kind=MailingKind.CONFIRMATION)
    async with store.write() as session:
        subscription = (await session.exec(select(Subscription))).one()
        subscription.requested_at = scene.now
        session.add(subscription)
    async with Relay(script=script) as there, scene.working(there):
        async with asyncio.timeout(60):
            while (await rows(store))[0].attempts == 0:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)
    [row] = await rows(store)
    assert row.attempts == there.mails == 1


async def test_a_relay_that_refuses_us_pauses_the_issue_whichever_message_noticed(
    scene: Scene, make_mailing: MakeMailing
) -> None:
    await make_mailing(3, kind=MailingKind.CONFIRMATION)
    await make_mailing(0)
    async with Relay(script={"MAIL": "550 5.7.1 not from you"}) as there, scene.working(there):
        async with asyncio.timeout(60):
            while (await scene.mailing(2)).state != MailingState.PAUSED:
                await asyncio.sleep(0.02)
    assert "not from you" in ((await scene.mailing(2)).state_reason or "")


async def test_replies_alike_hold_those_in_flight_too_and_suppress_nobody(
    scene: Scene, make_mailing: MakeMailing
) -> None:
    await make_mailing(80)
    async with (
        Relay(script={"RCPT": "550 5.1.1 User unknown"}) as there,
        scene.working(there, connections=8),
    ):
        await scene.until(MailingState.PAUSED)
        assert (await scene.settled()).held >= 25
        assert not await scene.suppressed()
        there.script = {}
        await scene.resume()
        await scene.until(MailingState.FINISHED)
    assert (await scene.counts()).accepted == 80
