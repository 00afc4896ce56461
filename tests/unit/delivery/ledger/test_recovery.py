"""What dead workers leave behind is recovered: nobody is lost, or gets more than two copies."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from digest.delivery.guards.liveness import FileLock
from digest.delivery.ledger import mailings
from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.accounting import account
from digest.delivery.ledger.claims import Claim
from digest.delivery.ledger.recovery import Tidied, tidy
from digest.delivery.outcomes import Outcome, outcome_of
from digest.delivery.ports import Reply
from digest.delivery.states import DeliveryState, MailingState, Route
from digest.store import Store
from subscribers.subscriptions import unsubscribe
from tests.unit.delivery.conftest import MakeMailing, rows
from tests.workers import Living, ledger_at, record

ROUTES = [Route.RELAY]
LEASE = timedelta(minutes=15)
RETRY_UNKNOWN_AFTER = timedelta(seconds=30)


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


async def round_of(store: Store, living: Living, now: datetime) -> Tidied:
    async with store.write() as session:
        return await tidy(session, living, now)


async def test_a_dead_worker_s_claim_is_free_at_once(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(2)
    await ledger_at(store, "dead").claim(ROUTES, 2, now)
    assert (await round_of(store, Living(), now)).freed == 2
    assert {row.state for row in await rows(store)} == {DeliveryState.PENDING}


async def test_a_living_worker_s_claim_is_free_when_its_lease_ends(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    await ledger_at(store, "slow").claim(ROUTES, 1, now)
    living = Living(alive={"slow"})
    assert (await round_of(store, living, now + LEASE)).freed == 0
    assert (await round_of(store, living, now + LEASE + timedelta(seconds=1))).freed == 1


async def test_an_armed_delivery_is_unknown_only_when_its_worker_is_dead(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    ledger = ledger_at(store, "sleeper")
    [claim] = await ledger.claim(ROUTES, 1, now)
    await ledger.arm(claim, now, now)
    later = now + timedelta(hours=20)
    assert (await round_of(store, Living(alive={"sleeper"}), later)).unknown == 0
    assert (await round_of(store, Living(), later)).unknown == 1


async def test_an_unknown_outcome_is_tried_once_more_and_then_held(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    states = []
    for _ in range(2):
        ledger = ledger_at(store, "crasher")
        [claim] = await ledger.claim(ROUTES, 1, now)
        await ledger.arm(claim, now, now)
        await round_of(store, Living(), now)
        now += RETRY_UNKNOWN_AFTER
        [row] = await rows(store)
        states.append((row.state, row.unknowns))
    assert states == [(DeliveryState.UNKNOWN, 1), (DeliveryState.HELD, 2)]
    assert await ledger_at(store, "next").claim(ROUTES, 1, now + timedelta(hours=1)) == []


async def test_an_edition_that_holds_never_tries_an_unknown_again(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1, resend_unknown=False)
    ledger = ledger_at(store, "crasher")
    [claim] = await ledger.claim(ROUTES, 1, now)
    await ledger.arm(claim, now, now)
    await round_of(store, Living(), now)
    [row] = await rows(store)
    assert row.state == DeliveryState.HELD


async def test_what_is_late_expires_but_an_unknown_outcome_is_held(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    mailing = await make_mailing(2)
    ledger = ledger_at(store, "crasher")
    [claim] = await ledger.claim(ROUTES, 1, now)
    await ledger.arm(claim, now, now)
    await round_of(store, Living(), now)
    tidied = await round_of(store, Living(), mailing.give_up_at)
    assert tidied.expired == 2
    assert [row.state for row in await rows(store)] == [DeliveryState.HELD, DeliveryState.EXPIRED]


async def test_an_expired_delivery_keeps_the_codes_of_its_last_reply(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    """Three issues that expired on a full mailbox are what a full mailbox looks like."""
    mailing = await make_mailing(1)
    ledger = ledger_at(store, "me")
    [claim] = await ledger.claim(ROUTES, 1, now)
    await record(ledger, claim, outcome_of(Reply(452, "4.2.2 mailbox full")), now)
    await round_of(store, Living(alive={"me"}), mailing.give_up_at)
    [row] = await rows(store)
    assert (row.state, row.reason) == (DeliveryState.EXPIRED, "not accepted in time")
    assert (row.reply_code, row.enhanced_code) == (452, "4.2.2")


async def test_an_unknown_outcome_has_no_reply(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    ledger = ledger_at(store, "crasher")
    [claim] = await ledger.claim(ROUTES, 1, now)
    await record(ledger, claim, outcome_of(Reply(452, "4.2.2 mailbox full")), now)
    later = now + timedelta(hours=1)
    [claim] = await ledger.claim(ROUTES, 1, later)
    await ledger.arm(claim, later, later)
    await round_of(store, Living(), later)
    [row] = await rows(store)
    assert row.state == DeliveryState.UNKNOWN
    assert (row.reply_code, row.enhanced_code) == (None, None)


async def test_an_unknown_outcome_is_not_tried_again_before_thirty_seconds(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    ledger = ledger_at(store, "crasher")
    [claim] = await ledger.claim(ROUTES, 1, now)
    await ledger.arm(claim, now, now)
    await round_of(store, Living(), now)
    ledger = ledger_at(store, "next")
    assert await ledger.claim(ROUTES, 1, now + timedelta(seconds=29)) == []
    assert len(await ledger.claim(ROUTES, 1, now + timedelta(seconds=30))) == 1


async def test_nothing_expires_by_a_clock_that_is_not_trusted(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    later = now + timedelta(days=30)
    async with store.write() as session:
        tidied = await tidy(session, Living(), later, expire_by=now)
    assert (tidied.expired, tidied.finished) == (0, [])


async def test_a_trusted_time_ahead_of_the_clock_expires_nothing_early(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    async with store.write() as session:
        tidied = await tidy(session, Living(), now, expire_by=now + timedelta(days=30))
    assert tidied.expired == 0


async def test_a_mailing_ends_only_when_nothing_is_open(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    mailing = await make_mailing(2)
    ledger = ledger_at(store, "me")
    living = Living(alive={"me"})
    first, second = await ledger.claim(ROUTES, 2, now)
    await record(ledger, first, Outcome(DeliveryState.ACCEPTED), now)
    assert (await round_of(store, living, now)).finished == []
    await record(ledger, second, Outcome(DeliveryState.REJECTED), now)
    assert (await round_of(store, living, now)).finished == [mailing.id]
    assert (await round_of(store, living, now)).finished == []


async def test_a_cancelled_mailing_ends_with_its_readers_skipped(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    mailing = await make_mailing(3)
    assert mailing.id is not None
    async with store.write() as session:
        await mailings.cancel(session, mailing.id, "a mistake")
    await round_of(store, Living(), now)
    async with store.read() as session:
        counts = await account(session, mailing.id)
        found = await mailings.get_mailing(session, mailing.id)
    assert counts.skipped == 3
    assert counts.balances
    assert found.state == MailingState.CANCELLED
    assert found.finished_at == now


class TestFileLock:
    def test_a_living_worker_is_seen_by_others(self, tmp_path: Path) -> None:
        one, other = FileLock(tmp_path), FileLock(tmp_path)
        assert other.is_alive(one.owner)
        assert one.is_alive(other.owner)
        one.release()
        assert not other.is_alive(one.owner)
        other.release()

    def test_an_owner_that_never_existed_is_dead(self, tmp_path: Path) -> None:
        lock = FileLock(tmp_path)
        assert not lock.is_alive("nobody")
        lock.release()

    def test_a_worker_notices_that_its_lock_was_taken_away(self, tmp_path: Path) -> None:
        lock = FileLock(tmp_path)
        assert lock.holds()
        next(tmp_path.glob("*.lock")).unlink()
        assert not lock.holds()

    def test_the_lock_of_another_user_s_worker_can_be_tried(self, tmp_path: Path) -> None:
        one, other = FileLock(tmp_path), FileLock(tmp_path)
        path = tmp_path / f"{one.owner}.lock"
        assert path.stat().st_mode & 0o444 == 0o444 & ~umask()
        path.chmod(0o444)
        assert other.is_alive(one.owner)
        one.release()
        other.release()

    def test_a_worker_whose_lock_cannot_be_tried_counts_as_alive(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, other = FileLock(tmp_path), FileLock(tmp_path)

        def refuse(*_: object) -> int:
            raise PermissionError

        with monkeypatch.context() as patched:
            patched.setattr("os.open", refuse)
            assert other.is_alive(one.owner)
        one.release()
        other.release()

    @pytest.mark.parametrize("how", ["exit", "kill"])
    def test_the_lock_of_a_process_that_ended_is_free(self, tmp_path: Path, how: str) -> None:
        import signal
        import subprocess
        import sys

        program = (
            "import sys, time; from pathlib import Path; "
            "from digest.delivery.guards.liveness import FileLock; "
            f"print(FileLock(Path({str(tmp_path)!r})).owner, flush=True); sys.stdin.read()"
        )
        child = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdin
        assert child.stdout
        owner = child.stdout.readline().decode().strip()
        lock = FileLock(tmp_path)
        assert lock.is_alive(owner)
        if how == "kill":
            os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        assert not lock.is_alive(owner)
        assert [path.stem for path in tmp_path.glob("*.lock")] == [lock.owner], "left behind"
        lock.release()


async def unknown_then_claimed(store: Store, now: datetime) -> tuple[Ledger, Claim]:
    """A delivery whose first outcome is unknown, claimed for its second try."""
    crasher = ledger_at(store, "crasher")
    [claim] = await crasher.claim(ROUTES, 1, now)
    await crasher.arm(claim, now, now)
    await round_of(store, Living(), now)
    ledger = ledger_at(store, "me")
    [again] = await ledger.claim(ROUTES, 1, now + RETRY_UNKNOWN_AFTER)
    return ledger, again


@pytest.mark.parametrize("how", ["swept", "denied"])
async def test_a_doubtful_delivery_of_a_cancelled_mailing_is_held_not_skipped(
    store: Store, make_mailing: MakeMailing, now: datetime, how: str
) -> None:
    mailing = await make_mailing(1)
    ledger, claim = await unknown_then_claimed(store, now)
    async with store.write() as session:
        await mailings.cancel(session, mailing.id or 0, "a mistake")
    if how == "swept":
        await ledger.give_back([claim], now)
        await round_of(store, Living(), now)
    else:
        assert (await ledger.settle_denied(claim, now)).state is DeliveryState.HELD
    [row] = await rows(store)
    assert (row.state, row.reason) == (DeliveryState.HELD, "outcome unknown, then cancelled")


async def test_a_doubtful_delivery_whose_reader_unsubscribes_is_held_not_skipped(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    ledger, claim = await unknown_then_claimed(store, now)
    async with store.write() as session:
        await unsubscribe(session, claim.subscriber_id or 0, "weekly", source="test", now=now)
    assert not await ledger.arm(claim, now, now)
    assert (await ledger.settle_denied(claim, now)).state is DeliveryState.HELD


async def test_a_doubtful_delivery_that_is_late_is_held_not_expired(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    mailing = await make_mailing(1)
    ledger, claim = await unknown_then_claimed(store, now)
    await ledger.give_back([claim], now)
    await round_of(store, Living(), mailing.give_up_at)
    [row] = await rows(store)
    assert row.state == DeliveryState.HELD
