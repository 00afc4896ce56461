"""Suppression: who may lift what."""

import pytest
from sqlmodel import col, select

from subscribers import suppression
from subscribers.address import EmailAddress
from subscribers.states import SubscriptionState, SuppressionReason
from subscribers.tables import Subscription, Suppression
from tests.unit.subscribers.conftest import ANN, ReaderActions


@pytest.mark.parametrize(
    "reason",
    [SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT, SuppressionReason.MANUAL],
)
async def test_a_suppressed_reader_gets_nothing(
    readers: ReaderActions, reason: SuppressionReason
) -> None:
    await readers.join()
    assert await readers.suppress(reason)
    assert await readers.audience() == []


async def test_suppressing_again_is_recorded_once(readers: ReaderActions) -> None:
    subscriber_id = await readers.join()
    assert await readers.suppress(SuppressionReason.MANUAL)
    assert not await readers.suppress(SuppressionReason.MANUAL)
    assert (await readers.events(subscriber_id)).count("suppressed") == 1


@pytest.mark.parametrize("reason", [SuppressionReason.BOUNCE, SuppressionReason.MANUAL])
async def test_lifting_a_bounce_or_a_manual_suppression_resumes_the_editions(
    readers: ReaderActions, reason: SuppressionReason
) -> None:
    await readers.join()
    await readers.suppress(reason)
    assert await readers.lift() == [reason]
    assert await readers.audience() == [ANN.wire]


async def test_a_bounce_leaves_the_subscriptions_as_they_were(readers: ReaderActions) -> None:
    async def rows() -> list[str]:
        async with readers.store.read() as session:
            found = await session.exec(select(Subscription).order_by(col(Subscription.id)))
            return [repr(row) for row in found]

    reader = await readers.join()
    await readers.join(edition="monthly")
    await readers.unsubscribe(reader, "monthly")
    await readers.join(EmailAddress.parse("bea@example.org"))
    before = await rows()
    assert len(before) == 3
    await readers.suppress(SuppressionReason.BOUNCE)
    assert await rows() == before


async def test_lifting_a_complaint_only_allows_a_new_sign_up(readers: ReaderActions) -> None:
    await readers.join()
    await readers.suppress(SuppressionReason.COMPLAINT)
    assert await readers.request() is None
    await readers.lift()
    assert await readers.audience() == []
    await readers.join()
    assert await readers.audience() == [ANN.wire]


async def test_an_editor_cannot_lift_an_unsubscribe(readers: ReaderActions) -> None:
    await readers.unsubscribe(await readers.join(), None)
    assert await readers.lift() == []
    async with readers.store.read() as session:
        hash_ = readers.keyring.address_hash(ANN.normalised)
        assert await suppression.in_force(session, hash_) == {SuppressionReason.UNSUBSCRIBE}


async def test_a_manual_suppression_set_meanwhile_prevents_a_new_sign_up(
    readers: ReaderActions,
) -> None:
    await readers.join()
    await readers.suppress(SuppressionReason.BOUNCE)
    await readers.suppress(SuppressionReason.MANUAL)
    assert await readers.request() is None
    assert await readers.audience() == []


async def test_an_unknown_address_can_be_suppressed_and_only_a_hash_is_kept(
    readers: ReaderActions,
) -> None:
    assert await readers.suppress(SuppressionReason.MANUAL)
    async with readers.store.read() as session:
        row = (await session.exec(select(Suppression))).one()
    assert "ann" not in repr(row)
    assert await readers.request() is None


async def test_a_lifted_suppression_stays_on_record(readers: ReaderActions) -> None:
    for _ in range(2):
        await readers.suppress(SuppressionReason.MANUAL)
        await readers.lift()
    async with readers.store.read() as session:
        rows = (await session.exec(select(Suppression))).all()
    assert [(row.lifted_by, row.lifted_at) for row in rows] == [("test", readers.now)] * 2


async def test_an_editor_cannot_lift_an_erasure(readers: ReaderActions) -> None:
    await readers.join()
    await readers.erase()
    assert await readers.lift() == []


@pytest.mark.parametrize(
    ("reason", "ends"),
    [
        (SuppressionReason.BOUNCE, False),
        (SuppressionReason.COMPLAINT, True),
        (SuppressionReason.MANUAL, False),
    ],
)
async def test_only_a_complaint_ends_the_editions(
    readers: ReaderActions, reason: SuppressionReason, ends: bool
) -> None:
    await readers.join()
    await readers.suppress(reason)
    async with readers.store.read() as session:
        state = (await session.exec(select(Subscription.state))).one()
    assert (state == SubscriptionState.ENDED) is ends
