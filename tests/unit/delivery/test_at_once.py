"""A withdrawal and an arm at the same moment: one comes wholly before the other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Update, literal
from sqlmodel import UTCDateTime, col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.ledger import mailings
from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.claims import Claim
from digest.delivery.ledger.commits import ArmRequest, Commits, arming
from digest.delivery.ledger.due import find_due
from digest.delivery.states import MailingKind, Route
from digest.delivery.tables import Delivery, Mailing
from digest.store import Store
from subscribers.address import EmailAddress
from subscribers.keys import Keyring
from subscribers.readers import lock_reader
from subscribers.states import SubscriptionState, SuppressionReason
from subscribers.subscriptions import unsubscribe
from subscribers.suppression import suppress, suppress_reader
from subscribers.tables import Subscription
from tests.unit.delivery.conftest import MakeMailing
from tests.unit.delivery.ledger.test_access import Alive, claim_one
from tests.waiting import LONG_ENOUGH_SECONDS, held_up

Change = Callable[[AsyncSession, Claim, datetime], Awaitable[object]]


async def unsubscribed(session: AsyncSession, claim: Claim, now: datetime) -> None:
    assert claim.subscriber_id is not None
    await unsubscribe(session, claim.subscriber_id, "weekly", source="test", now=now)


async def unsubscribed_from_all(session: AsyncSession, claim: Claim, now: datetime) -> None:
    assert claim.subscriber_id is not None
    await unsubscribe(session, claim.subscriber_id, None, source="test", now=now)


async def paused(session: AsyncSession, claim: Claim, _: datetime) -> None:
    await mailings.pause(session, claim.mailing_id, "by the editor")


async def cancelled(session: AsyncSession, claim: Claim, _: datetime) -> None:
    await mailings.cancel(session, claim.mailing_id, "by the editor")


async def blocked(session: AsyncSession, claim: Claim, now: datetime) -> None:
    """As `digest readers suppress` does it."""
    keyring = Keyring("a key for the tests only, long enough")
    address, reason = EmailAddress.parse(claim.address), SuppressionReason.MANUAL
    assert await suppress(session, keyring, address, reason, source="test", now=now)


async def bounced(session: AsyncSession, claim: Claim, now: datetime) -> None:
    """As it is recorded when another issue's mail to the reader bounced."""
    reader, reason = await lock_reader(session, claim.subscriber_id or 0), SuppressionReason.BOUNCE
    assert reader is not None
    assert await suppress_reader(session, reader, reason, source="550 5.1.1", now=now)


READER_CHANGES = [unsubscribed, unsubscribed_from_all, blocked, bounced]
CHANGES = [*READER_CHANGES, paused, cancelled]


def arming_of(claim: Claim, now: datetime) -> Update:
    """The statement that arms, for a transaction that the test keeps open."""
    values = {
        "claim_id": claim.delivery_id,
        "claim_token": claim.token,
        "claim_mailing": claim.mailing_id,
        "claim_edition": claim.edition,
        "new_wire_date": now,
        "now": now,
    }

    def given(name: str) -> ColumnElement[Any]:
        value = values[name]
        return literal(value, UTCDateTime() if isinstance(value, datetime) else None)

    return arming(claim.kind, given).execution_options(synchronize_session=False)


@pytest.fixture
async def ledger(store: Store) -> AsyncIterator[Ledger]:
    ledger = Ledger(store, Alive("worker"))
    yield ledger
    await ledger.close()


@pytest.mark.parametrize("change", CHANGES)
async def test_no_dot_is_permitted_during_a_withdrawal_nor_after_it(
    change: Change, ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    claim = await claim_one(ledger, now)
    async with store.write() as session:
        await change(session, claim, now)
        during = asyncio.create_task(ledger.arm(claim, now, now))
        await asyncio.sleep(LONG_ENOUGH_SECONDS)
    assert not await during
    assert not await ledger.arm(claim, now, now)


@pytest.mark.parametrize("change", CHANGES)
async def test_a_withdrawal_that_was_rolled_back_denies_nothing(
    change: Change, ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    claim = await claim_one(ledger, now)
    async with store.write() as session:
        await change(session, claim, now)
        await session.rollback()
    assert await ledger.arm(claim, now, now)


@pytest.mark.parametrize("change", CHANGES)
async def test_a_withdrawal_waits_for_an_arm_that_is_being_written(
    change: Change, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    claim = await claim_one(Ledger(store, Alive("worker")), now)

    async def change_it() -> None:
        async with store.write() as session:
            await change(session, claim, now)

    async with store.write() as session:
        armed = await session.exec(arming_of(claim, now))
        assert armed.rowcount == 1
        changing = await held_up(change_it())
    await changing


@pytest.mark.parametrize("database", ["postgresql"])
async def test_a_claim_skips_what_another_worker_is_claiming_without_waiting(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(5)
    async with store.write() as one, store.write() as other:
        first = await find_due(one, [Route.RELAY], 3, now)
        second = await find_due(other, [Route.RELAY], 3, now)
    assert [len(first), len(second)] == [3, 2]


@pytest.mark.parametrize("database", ["postgresql"])
@pytest.mark.parametrize("change", READER_CHANGES)
async def test_an_arm_that_began_before_a_withdrawal_but_reaches_its_row_after_it_is_denied(
    change: Change, ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    """The statement sees the database as it was when it began, except for rows it had to lock."""
    await make_mailing(2)
    first, other = await ledger.claim([Route.RELAY], 2, now)
    commits = Commits(store, lambda: True)
    arms = [ArmRequest(claim, now, now) for claim in (first, other)]
    async with store.write() as session:
        held = select(Delivery).where(col(Delivery.id) == first.delivery_id).with_for_update()
        await session.exec(held)
        granted = await held_up(asyncio.to_thread(commits.write, arms, []))
        async with store.write() as another:
            await change(another, other, now)
    assert await granted == [True, False]
    commits.disconnect()


async def test_a_confirmation_mail_is_withheld_from_a_reader_who_is_being_suppressed(
    ledger: Ledger, store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    async with store.write() as session:  # as if the reader had only asked to sign up
        await session.exec(update(Mailing).values(kind=MailingKind.CONFIRMATION))
        await session.exec(update(Subscription).values(state=SubscriptionState.PENDING))
    claim = await claim_one(ledger, now)
    async with store.write() as session:
        await blocked(session, claim, now)
        during = asyncio.create_task(ledger.arm(claim, now, now))
        await asyncio.sleep(LONG_ENOUGH_SECONDS)
    assert not await during
    assert not await ledger.arm(claim, now, now)
