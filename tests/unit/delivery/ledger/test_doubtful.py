"""A doubtful delivery whose copy is proven to have arrived is accepted, and not sent again."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import col, update

from digest.delivery.ledger.accounting import account
from digest.delivery.ledger.doubtful import accept_doubtful_delivery, accept_doubtful_of_reader
from digest.delivery.states import DeliveryState, MailingKind
from digest.delivery.tables import Delivery
from digest.store import Store
from tests.unit.delivery.conftest import MakeMailing, rows

WHAT = "unsubscribed by its link"


@pytest.fixture
async def sent(make_mailing: MakeMailing, store: Store, now: datetime) -> None:
    """Three deliveries, armed a minute ago; the first one's outcome is unknown."""
    await make_mailing(3)
    async with store.write() as session:
        await session.exec(update(Delivery).values(wire_date=now - timedelta(minutes=1)))
        await session.exec(
            update(Delivery)
            .where(col(Delivery.id) == 1)
            .values(state=DeliveryState.UNKNOWN, unknowns=1, not_before=now)
        )


async def put(store: Store, delivery_id: int, **values: object) -> None:
    async with store.write() as session:
        await session.exec(update(Delivery).where(col(Delivery.id) == delivery_id).values(**values))


@pytest.mark.usefixtures("sent")
async def test_an_unsubscribe_settles_the_reader_s_own_deliveries_only(
    store: Store, now: datetime
) -> None:
    await put(store, 2, state=DeliveryState.UNKNOWN, unknowns=1)
    async with store.write() as session:
        assert await accept_doubtful_of_reader(session, 1, "weekly", WHAT, now) == 1
    first, second, third = await rows(store)
    assert (first.state, first.reason, first.not_before) == (
        DeliveryState.ACCEPTED,
        f"unknown, then {WHAT}",
        None,
    )
    assert second.state == DeliveryState.UNKNOWN
    assert third.state == DeliveryState.PENDING
    async with store.read() as session:
        counted = await account(session, first.mailing_id)
    assert counted.balances
    assert (counted.accepted, counted.ever_unknown) == (1, 2)


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize(
    ("edition", "kind"), [("monthly", MailingKind.ISSUE), ("weekly", MailingKind.CONFIRMATION)]
)
async def test_a_link_of_another_mail_proves_nothing(
    store: Store, now: datetime, edition: str, kind: MailingKind
) -> None:
    async with store.write() as session:
        assert await accept_doubtful_of_reader(session, 1, edition, WHAT, now, kind=kind) == 0


@pytest.mark.usefixtures("sent")
async def test_a_click_before_the_mail_was_sent_proves_nothing(store: Store, now: datetime) -> None:
    async with store.write() as session:
        early = now - timedelta(minutes=2)
        assert await accept_doubtful_of_reader(session, 1, "weekly", WHAT, early) == 0


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize(
    ("state", "settled"),
    [
        (DeliveryState.UNKNOWN, True),
        (DeliveryState.HELD, True),
        (DeliveryState.PENDING, True),
        (DeliveryState.CLAIMED, True),
        (DeliveryState.DEFERRED, True),
        (DeliveryState.ARMED, False),
        (DeliveryState.REJECTED, False),
        (DeliveryState.SKIPPED, False),
        (DeliveryState.EXPIRED, False),
        (DeliveryState.ACCEPTED, False),
    ],
)
async def test_only_doubtful_deliveries_are_settled_and_never_an_armed_one(
    store: Store, now: datetime, state: DeliveryState, settled: bool
) -> None:
    await put(store, 1, state=state, token="somebody's", owner="w")
    async with store.write() as session:
        assert await accept_doubtful_delivery(session, 1, "a bounce came", now) is settled
    first, *_ = await rows(store)
    assert first.state == (DeliveryState.ACCEPTED if settled else state)
    assert first.token == (None if settled else "somebody's"), "a claim on it must be void"


@pytest.mark.usefixtures("sent")
async def test_a_delivery_that_was_never_in_doubt_is_left_alone(
    store: Store, now: datetime
) -> None:
    async with store.write() as session:
        assert not await accept_doubtful_delivery(session, 2, "a bounce came", now)


@pytest.mark.usefixtures("sent")
async def test_what_arrived_after_all_keeps_no_codes_of_a_refusal(
    store: Store, now: datetime
) -> None:
    await put(store, 1, state=DeliveryState.DEFERRED, reply_code=452, enhanced_code="4.2.2")
    async with store.write() as session:
        assert await accept_doubtful_delivery(session, 1, "a bounce came", now)
    first, *_ = await rows(store)
    assert (first.reply_code, first.enhanced_code) == (None, None)
