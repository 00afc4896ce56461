"""Unsubscribing and preferences."""

import pytest

from subscribers import subscriptions
from subscribers.readers import subscriptions_of
from subscribers.states import LinkState, SubscriptionState, SuppressionReason
from tests.unit.subscribers.conftest import ANN, ReaderActions


async def standing(readers: ReaderActions, subscriber_id: int) -> subscriptions.ReaderStatus | None:
    async with readers.store.read() as session:
        return await subscriptions.reader_status(session, subscriber_id)


async def test_unsubscribing_ends_one_edition(readers: ReaderActions) -> None:
    subscriber_id = await readers.join()
    await readers.join(edition="monthly")
    assert await readers.unsubscribe(subscriber_id, "weekly")
    assert await readers.audience("weekly") == []
    assert await readers.audience("monthly") == [ANN.wire]


async def test_unsubscribing_from_all_also_suppresses_the_address(readers: ReaderActions) -> None:
    subscriber_id = await readers.join()
    await readers.join(edition="monthly")
    assert await readers.unsubscribe(subscriber_id, None)
    found = await standing(readers, subscriber_id)
    assert found is not None
    assert found.editions == {
        "weekly": SubscriptionState.ENDED,
        "monthly": SubscriptionState.ENDED,
    }
    assert found.suppressed == {SuppressionReason.UNSUBSCRIBE}


async def test_unsubscribing_again_writes_nothing(readers: ReaderActions) -> None:
    subscriber_id = await readers.join()
    for edition in ("weekly", None):
        assert await readers.unsubscribe(subscriber_id, edition)
        events = await readers.events(subscriber_id)
        assert not await readers.unsubscribe(subscriber_id, edition)
        assert await readers.events(subscriber_id) == events


async def test_unsubscribing_from_another_edition_or_an_unknown_reader_is_not_an_error(
    readers: ReaderActions,
) -> None:
    subscriber_id = await readers.join()
    assert not await readers.unsubscribe(subscriber_id, "monthly")
    assert not await readers.unsubscribe(subscriber_id + 1, "weekly")
    assert not await readers.unsubscribe(subscriber_id + 1, None)


async def test_an_erased_reader_may_still_follow_an_unsubscribe_link(
    readers: ReaderActions,
) -> None:
    subscriber_id = await readers.join()
    await readers.erase()
    assert not await readers.unsubscribe(subscriber_id, "weekly")
    assert not await readers.unsubscribe(subscriber_id, None)
    assert await standing(readers, subscriber_id) is None


async def test_the_status_names_the_address_and_the_editions(readers: ReaderActions) -> None:
    found = await standing(readers, await readers.join())
    assert found is not None
    assert found.address == ANN
    assert found.editions == {"weekly": SubscriptionState.ACTIVE}


async def test_turning_an_edition_on_again_is_consent_and_is_logged(readers: ReaderActions) -> None:
    subscriber_id = await readers.join()
    await readers.unsubscribe(subscriber_id)
    changes = await readers.set_editions(subscriber_id, "weekly", "monthly")
    assert changes.started == ("monthly", "weekly")
    assert await readers.audience() == [ANN.wire]
    assert (await readers.events(subscriber_id))[-2:] == ["confirmed", "confirmed"]
    assert (await readers.log())[-1].wording == "signup-1"


async def test_turning_an_edition_off_ends_it_without_a_suppression(
    readers: ReaderActions,
) -> None:
    subscriber_id = await readers.join()
    assert (await readers.set_editions(subscriber_id)).ended == ("weekly",)
    found = await standing(readers, subscriber_id)
    assert found is not None
    assert found.editions == {"weekly": SubscriptionState.ENDED}
    assert not found.suppressed


async def test_saving_unchanged_preferences_writes_nothing(readers: ReaderActions) -> None:
    subscriber_id = await readers.join()
    before = await readers.log()
    assert await readers.set_editions(subscriber_id, "weekly") == subscriptions.EditionChanges()
    assert len(await readers.log()) == len(before)


async def test_editions_that_the_form_did_not_offer_are_left_alone(readers: ReaderActions) -> None:
    subscriber_id = await readers.join(edition="retired")
    async with readers.store.write() as session:
        await subscriptions.set_editions(
            session, subscriber_id, ["weekly"], offered=["weekly"], source="test", now=readers.now
        )
    assert await readers.audience("retired") == [ANN.wire]


async def test_turning_an_edition_on_after_leaving_all_lifts_the_unsubscribe(
    readers: ReaderActions,
) -> None:
    subscriber_id = await readers.join()
    await readers.unsubscribe(subscriber_id, None)
    await readers.set_editions(subscriber_id, "weekly")
    assert await readers.audience() == [ANN.wire]


@pytest.mark.parametrize(
    "reason",
    [SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT, SuppressionReason.MANUAL],
)
async def test_a_signed_link_turns_nothing_on_while_another_suppression_is_in_force(
    readers: ReaderActions, reason: SuppressionReason
) -> None:
    subscriber_id = await readers.join()
    await readers.suppress(reason)
    changes = await readers.set_editions(subscriber_id, "weekly", "monthly")
    assert "monthly" in changes.refused
    assert changes.started == ()
    await readers.lift()
    assert await readers.audience("monthly") == []


async def test_leaving_one_edition_keeps_the_open_link_for_another(
    readers: ReaderActions,
) -> None:
    subscriber_id = await readers.join()
    raw = await readers.request(edition="monthly")
    assert raw
    await readers.unsubscribe(subscriber_id, "weekly")
    assert (await readers.read_link(raw)).state == LinkState.OPEN


async def test_turning_an_edition_on_again_clears_the_date_of_leaving(
    readers: ReaderActions,
) -> None:
    subscriber_id = await readers.join()
    await readers.unsubscribe(subscriber_id)
    readers.later(days=1)
    await readers.set_editions(subscriber_id, "weekly")
    async with readers.store.read() as session:
        [subscription] = await subscriptions_of(session, subscriber_id)
    assert (subscription.ended_at, subscription.confirmed_at) == (None, readers.now)
