"""Double opt-in."""

from datetime import timedelta

import pytest
from sqlmodel import select

from subscribers.address import EmailAddress
from subscribers.caps import CAPS, ConfirmationCaps
from subscribers.errors import LinkExpired, LinkInvalid
from subscribers.keys import Keyring
from subscribers.signup import raw_token
from subscribers.states import LinkState, SuppressionReason
from subscribers.tables import ConfirmationToken, Subscriber
from tests.unit.subscribers.conftest import ANN, Desk

BOB = EmailAddress.parse("bob@example.com")


async def test_nobody_is_mailed_before_she_confirms(desk: Desk) -> None:
    raw = await desk.request()
    assert raw
    assert await desk.audience() == []
    confirmed = await desk.confirm(raw)
    assert (confirmed.address, confirmed.edition, confirmed.changed) == (ANN, "weekly", True)
    assert await desk.audience() == [ANN.wire]


async def test_consent_is_logged_with_wording_source_and_address_of_the_machine(
    desk: Desk,
) -> None:
    raw = await desk.request(ip="192.0.2.1")
    assert raw
    desk.later(minutes=5)
    await desk.confirm(raw, ip="192.0.2.2")
    requested, confirmed = await desk.log()
    assert (requested.kind, requested.source, requested.wording) == (
        "requested",
        "test",
        "signup-1",
    )
    assert (requested.ip, confirmed.ip) == ("192.0.2.1", "192.0.2.2")
    assert (confirmed.kind, confirmed.at) == ("confirmed", desk.now)


async def test_the_database_does_not_hold_the_secret_of_the_link(desk: Desk) -> None:
    raw = await desk.request()
    assert raw is not None
    assert len(raw) * 4 >= 128
    async with desk.store.read() as session:
        row = (await session.exec(select(ConfirmationToken))).one()
    assert raw not in row.model_dump_json()


async def test_a_link_stays_the_same_when_keys_are_rotated(desk: Desk) -> None:
    raw = await desk.request()
    async with desk.store.read() as session:
        row = (await session.exec(select(ConfirmationToken))).one()
    rotated = Keyring("another key that signs from now on", "a key for the tests only, long enough")
    assert raw_token(rotated, row) == raw
    with pytest.raises(LinkInvalid):
        raw_token(Keyring("a ring that has lost the old key"), row)


async def test_looking_at_a_link_changes_nothing(desk: Desk) -> None:
    raw = await desk.request()
    assert raw
    found = await desk.peek(raw)
    assert (found.state, found.address) == (LinkState.OPEN, ANN)
    assert await desk.audience() == []


async def test_a_second_click_is_as_good_as_the_first(desk: Desk) -> None:
    raw = await desk.request()
    assert raw
    first = await desk.confirm(raw)
    assert (await desk.peek(raw)).state == LinkState.USED
    second = await desk.confirm(raw)
    assert not second.changed
    assert await desk.events(first.subscriber_id) == ["requested", "confirmed"]


async def test_a_used_link_does_not_bring_back_who_left_since(desk: Desk) -> None:
    raw = await desk.request()
    assert raw
    await desk.unsubscribe((await desk.confirm(raw)).subscriber_id)
    for act in (desk.confirm, desk.peek):
        with pytest.raises(LinkInvalid):
            await act(raw)
    assert await desk.audience() == []


async def test_an_open_link_from_before_she_left_offers_a_new_one(desk: Desk) -> None:
    subscriber_id = await desk.join(edition="monthly")
    raw = await desk.request()
    assert raw
    await desk.unsubscribe(subscriber_id, None)
    with pytest.raises(LinkExpired) as caught:
        await desk.confirm(raw)
    assert (caught.value.address, caught.value.edition) == (ANN.wire, "weekly")
    assert await desk.audience() == []


async def test_a_link_expires_after_two_days(desk: Desk) -> None:
    raw = await desk.request()
    assert raw
    desk.later(hours=48)
    assert (await desk.peek(raw)).state == LinkState.EXPIRED
    with pytest.raises(LinkExpired):
        await desk.confirm(raw)
    renewed = await desk.request()
    assert renewed
    assert (await desk.confirm(renewed)).changed


async def test_one_click_settles_all_open_links_for_the_same(desk: Desk) -> None:
    first = await desk.request()
    desk.later(hours=25)
    second = await desk.request()
    assert first
    assert second
    await desk.confirm(second)
    assert (await desk.peek(first)).state == LinkState.USED


@pytest.mark.parametrize("raw", ["", "nonsense", "0" * 40, "\ud800", "é" * 100_000])
async def test_an_invented_link_is_invalid(desk: Desk, raw: str) -> None:
    with pytest.raises(LinkInvalid):
        await desk.confirm(raw)


async def test_who_gets_the_edition_already_is_not_mailed_again(desk: Desk) -> None:
    await desk.join()
    assert await desk.request() is None
    assert await desk.audience() == [ANN.wire]


async def test_signing_up_in_another_case_is_the_same_reader(desk: Desk) -> None:
    await desk.join()
    assert await desk.request(EmailAddress.parse("ANN@example.org")) is None


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.MANUAL])
async def test_who_complained_or_is_blocked_gets_no_mail_and_no_row(
    desk: Desk, reason: SuppressionReason
) -> None:
    await desk.suppress(reason)
    assert await desk.request() is None
    async with desk.store.read() as session:
        assert (await session.exec(select(Subscriber))).all() == []


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.MANUAL])
async def test_a_link_stops_working_when_she_complains_or_is_blocked(
    desk: Desk, reason: SuppressionReason
) -> None:
    raw = await desk.request()
    assert raw
    await desk.suppress(reason)
    with pytest.raises(LinkInvalid):
        await desk.confirm(raw)


async def test_her_confirmation_lifts_an_unsubscribe_from_all(desk: Desk) -> None:
    subscriber_id = await desk.join()
    await desk.join(edition="monthly")
    await desk.unsubscribe(subscriber_id, None)
    desk.later(minutes=1)
    await desk.join()
    assert await desk.audience() == [ANN.wire]
    assert await desk.audience("monthly") == []
    assert (await desk.events(subscriber_id))[-2:] == ["lifted", "confirmed"]


async def test_her_confirmation_lifts_a_bounce(desk: Desk) -> None:
    await desk.join()
    await desk.suppress(SuppressionReason.BOUNCE)
    assert await desk.audience() == []
    await desk.join()
    assert await desk.audience() == [ANN.wire]


async def test_an_unconfirmed_address_is_mailed_once_a_day_and_three_times_in_a_month(
    desk: Desk,
) -> None:
    sent = 0
    for _ in range(29):
        for _ in range(3):
            sent += await desk.request() is not None
        desk.later(days=1)
    assert sent == 3
    desk.later(days=2)
    assert await desk.request() is not None


async def test_all_editions_share_the_cap_of_an_address(desk: Desk) -> None:
    assert await desk.request(edition="weekly")
    assert await desk.request(edition="monthly") is None


async def test_a_domain_is_mailed_a_limited_number_of_times_an_hour(desk: Desk) -> None:
    desk.caps = ConfirmationCaps(per_domain_an_hour=2)
    tries = [EmailAddress.parse(f"reader{n}@example.org") for n in range(3)]
    assert [await desk.request(address) is not None for address in tries] == [True, True, False]
    assert await desk.request(BOB)
    desk.later(hours=1)
    assert await desk.request(tries[2])


async def test_all_addresses_together_are_mailed_a_limited_number_of_times_an_hour(
    desk: Desk,
) -> None:
    desk.caps = ConfirmationCaps(in_all_an_hour=1)
    assert await desk.request()
    assert await desk.request(BOB) is None


def test_the_caps_are_those_of_the_docs() -> None:
    assert (
        ConfirmationCaps(
            per_address_a_day=1,
            per_address_unconfirmed=3,
            unconfirmed_period=timedelta(days=30),
            per_domain_an_hour=200,
            in_all_an_hour=2_000,
        )
        == CAPS
    )


async def test_what_a_cap_refuses_leaves_no_trace(desk: Desk) -> None:
    await desk.request()
    assert await desk.request() is None
    assert len(await desk.log()) == 1
