"""Unsubscribing and preferences."""

from subscribers import subscriptions
from subscribers.states import SubscriptionState, SuppressionReason
from tests.unit.subscribers.conftest import ANN, Desk


async def standing(desk: Desk, subscriber_id: int) -> subscriptions.ReaderStatus | None:
    async with desk.store.read() as session:
        return await subscriptions.reader_status(session, subscriber_id)


async def test_unsubscribing_ends_one_edition(desk: Desk) -> None:
    subscriber_id = await desk.join()
    await desk.join(edition="monthly")
    assert await desk.unsubscribe(subscriber_id, "weekly")
    assert await desk.audience("weekly") == []
    assert await desk.audience("monthly") == [ANN.wire]


async def test_unsubscribing_from_all_also_suppresses_the_address(desk: Desk) -> None:
    subscriber_id = await desk.join()
    await desk.join(edition="monthly")
    assert await desk.unsubscribe(subscriber_id, None)
    found = await standing(desk, subscriber_id)
    assert found is not None
    assert found.editions == {
        "weekly": SubscriptionState.ENDED,
        "monthly": SubscriptionState.ENDED,
    }
    assert found.suppressed == {SuppressionReason.UNSUBSCRIBE}


async def test_unsubscribing_again_writes_nothing(desk: Desk) -> None:
    subscriber_id = await desk.join()
    for edition in ("weekly", None):
        assert await desk.unsubscribe(subscriber_id, edition)
        events = await desk.events(subscriber_id)
        assert not await desk.unsubscribe(subscriber_id, edition)
        assert await desk.events(subscriber_id) == events


async def test_unsubscribing_from_what_she_never_had_or_as_nobody_is_no_error(desk: Desk) -> None:
    subscriber_id = await desk.join()
    assert not await desk.unsubscribe(subscriber_id, "monthly")
    assert not await desk.unsubscribe(subscriber_id + 1, "weekly")
    assert not await desk.unsubscribe(subscriber_id + 1, None)


async def test_an_erased_reader_may_still_follow_her_unsubscribe_link(desk: Desk) -> None:
    subscriber_id = await desk.join()
    await desk.erase()
    assert not await desk.unsubscribe(subscriber_id, "weekly")
    assert not await desk.unsubscribe(subscriber_id, None)
    assert await standing(desk, subscriber_id) is None


async def test_the_status_names_the_address_and_the_editions(desk: Desk) -> None:
    found = await standing(desk, await desk.join())
    assert found is not None
    assert found.address == ANN
    assert found.editions == {"weekly": SubscriptionState.ACTIVE}


async def test_turning_an_edition_on_again_is_consent_and_is_logged(desk: Desk) -> None:
    subscriber_id = await desk.join()
    await desk.unsubscribe(subscriber_id)
    changes = await desk.set_editions(subscriber_id, "weekly", "monthly")
    assert changes.started == ("monthly", "weekly")
    assert await desk.audience() == [ANN.wire]
    assert (await desk.events(subscriber_id))[-2:] == ["confirmed", "confirmed"]
    assert (await desk.log())[-1].wording == "signup-1"


async def test_turning_an_edition_off_ends_it_without_suppressing_her(desk: Desk) -> None:
    subscriber_id = await desk.join()
    assert (await desk.set_editions(subscriber_id)).ended == ("weekly",)
    found = await standing(desk, subscriber_id)
    assert found is not None
    assert found.editions == {"weekly": SubscriptionState.ENDED}
    assert not found.suppressed


async def test_saving_unchanged_preferences_writes_nothing(desk: Desk) -> None:
    subscriber_id = await desk.join()
    before = await desk.log()
    assert await desk.set_editions(subscriber_id, "weekly") == subscriptions.EditionChanges()
    assert len(await desk.log()) == len(before)


async def test_editions_that_the_form_did_not_offer_are_left_alone(desk: Desk) -> None:
    subscriber_id = await desk.join(edition="retired")
    async with desk.store.write() as session:
        await subscriptions.set_editions(
            session, subscriber_id, ["weekly"], offered=["weekly"], source="test", now=desk.now
        )
    assert await desk.audience("retired") == [ANN.wire]


async def test_turning_on_after_leaving_all_lifts_her_own_suppression(desk: Desk) -> None:
    subscriber_id = await desk.join()
    await desk.unsubscribe(subscriber_id, None)
    await desk.set_editions(subscriber_id, "weekly")
    assert await desk.audience() == [ANN.wire]


async def test_an_old_link_turns_nothing_on_while_mail_bounces_or_is_forbidden(desk: Desk) -> None:
    subscriber_id = await desk.join()
    for reason in subscriptions.NOT_BY_LINK:
        await desk.suppress(reason)
        changes = await desk.set_editions(subscriber_id, "weekly", "monthly")
        assert "monthly" in changes.refused
        assert await desk.audience("monthly") == []
        await desk.lift()
