"""Suppression: who may lift what."""

import pytest
from sqlmodel import col, select

from subscribers import suppression
from subscribers.address import EmailAddress
from subscribers.states import SuppressionReason
from subscribers.tables import Subscription, Suppression
from tests.unit.subscribers.conftest import ANN, Desk


@pytest.mark.parametrize(
    "reason",
    [SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT, SuppressionReason.MANUAL],
)
async def test_a_suppressed_reader_gets_nothing(desk: Desk, reason: SuppressionReason) -> None:
    await desk.join()
    assert await desk.suppress(reason)
    assert await desk.audience() == []


async def test_suppressing_again_is_recorded_once(desk: Desk) -> None:
    subscriber_id = await desk.join()
    assert await desk.suppress(SuppressionReason.MANUAL)
    assert not await desk.suppress(SuppressionReason.MANUAL)
    assert (await desk.events(subscriber_id)).count("suppressed") == 1


@pytest.mark.parametrize("reason", [SuppressionReason.BOUNCE, SuppressionReason.MANUAL])
async def test_lifting_a_bounce_or_a_manual_one_resumes_her_editions(
    desk: Desk, reason: SuppressionReason
) -> None:
    await desk.join()
    await desk.suppress(reason)
    assert await desk.lift() == [reason]
    assert await desk.audience() == [ANN.wire]


async def test_her_editions_stay_as_they_were(desk: Desk) -> None:
    async def rows() -> list[str]:
        async with desk.store.read() as session:
            found = await session.exec(select(Subscription).order_by(col(Subscription.id)))
            return [repr(row) for row in found]

    reader = await desk.join()
    await desk.join(edition="monthly")
    await desk.unsubscribe(reader, "monthly")
    await desk.join(EmailAddress.parse("bea@example.org"))
    before = await rows()
    assert len(before) == 3
    await desk.suppress(SuppressionReason.BOUNCE)
    assert await rows() == before


async def test_lifting_a_complaint_only_lets_her_sign_up_again(desk: Desk) -> None:
    await desk.join()
    await desk.suppress(SuppressionReason.COMPLAINT)
    assert await desk.request() is None
    await desk.lift()
    assert await desk.audience() == []
    await desk.join()
    assert await desk.audience() == [ANN.wire]


async def test_an_editor_cannot_lift_what_she_did_herself(desk: Desk) -> None:
    await desk.unsubscribe(await desk.join(), None)
    assert await desk.lift() == []
    async with desk.store.read() as session:
        hash_ = desk.keyring.address_hash(ANN.normalised)
        assert await suppression.in_force(session, hash_) == {SuppressionReason.UNSUBSCRIBE}


async def test_her_confirmation_does_not_lift_what_an_editor_set_meanwhile(desk: Desk) -> None:
    await desk.join()
    await desk.suppress(SuppressionReason.BOUNCE)
    await desk.suppress(SuppressionReason.MANUAL)
    assert await desk.request() is None
    assert await desk.audience() == []


async def test_a_stranger_can_be_suppressed_and_only_a_hash_is_kept(desk: Desk) -> None:
    assert await desk.suppress(SuppressionReason.MANUAL)
    async with desk.store.read() as session:
        row = (await session.exec(select(Suppression))).one()
    assert "ann" not in repr(row)
    assert await desk.request() is None


async def test_a_lifted_suppression_stays_on_record(desk: Desk) -> None:
    for _ in range(2):
        await desk.suppress(SuppressionReason.MANUAL)
        await desk.lift()
    async with desk.store.read() as session:
        rows = (await session.exec(select(Suppression))).all()
    assert [(row.lifted_by, row.lifted_at) for row in rows] == [("test", desk.now)] * 2
