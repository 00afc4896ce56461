"""Double opt-in."""

from datetime import timedelta

import pytest
from sqlmodel import select

from subscribers.address import EmailAddress
from subscribers.asking import Outcome, Requested
from subscribers.caps import CAPS, Cap, ConfirmationCaps
from subscribers.errors import LinkExpired, LinkInvalid
from subscribers.keys import Keyring
from subscribers.signup import raw_token
from subscribers.states import LinkState, SubscriptionState, SuppressionReason
from subscribers.subscriptions import reader_status
from subscribers.tables import ConfirmationToken, Subscriber
from tests.unit.subscribers.conftest import ANN, ReaderActions

BOB = EmailAddress.parse("bob@example.com")


async def test_a_reader_gets_no_issue_before_confirming(readers: ReaderActions) -> None:
    raw = await readers.request()
    assert raw
    assert await readers.audience() == []
    confirmed = await readers.confirm(raw)
    assert (confirmed.address, confirmed.edition, confirmed.changed) == (ANN, "weekly", True)
    assert await readers.audience() == [ANN.wire]


async def test_consent_is_logged_with_wording_source_and_ip_address(
    readers: ReaderActions,
) -> None:
    raw = await readers.request(ip="192.0.2.1")
    assert raw
    readers.later(minutes=5)
    await readers.confirm(raw, ip="192.0.2.2")
    requested, confirmed = await readers.log()
    assert (requested.kind, requested.source, requested.wording) == (
        "requested",
        "test",
        "signup-1",
    )
    assert (requested.ip, confirmed.ip) == ("192.0.2.1", "192.0.2.2")
    assert (confirmed.kind, confirmed.at) == ("confirmed", readers.now)


async def test_the_database_does_not_hold_the_secret_of_the_link(readers: ReaderActions) -> None:
    raw = await readers.request()
    assert raw is not None
    assert len(raw) * 4 >= 128
    async with readers.store.read() as session:
        row = (await session.exec(select(ConfirmationToken))).one()
    assert raw not in row.model_dump_json()


async def test_a_link_stays_the_same_when_keys_are_rotated(readers: ReaderActions) -> None:
    raw = await readers.request()
    async with readers.store.read() as session:
        row = (await session.exec(select(ConfirmationToken))).one()
    rotated = Keyring("another key that signs from now on", "a key for the tests only, long enough")
    assert raw_token(rotated, row) == raw
    with pytest.raises(LinkInvalid):
        raw_token(Keyring("a ring that has lost the old key"), row)


async def test_looking_at_a_link_changes_nothing(readers: ReaderActions) -> None:
    raw = await readers.request()
    assert raw
    found = await readers.read_link(raw)
    assert (found.state, found.address) == (LinkState.OPEN, ANN)
    assert await readers.audience() == []


async def test_a_second_click_succeeds_and_changes_nothing(readers: ReaderActions) -> None:
    raw = await readers.request()
    assert raw
    first = await readers.confirm(raw)
    assert (await readers.read_link(raw)).state == LinkState.USED
    second = await readers.confirm(raw)
    assert not second.changed
    assert await readers.events(first.subscriber_id) == ["requested", "confirmed"]


async def test_a_used_link_does_not_bring_back_a_reader_who_left_since(
    readers: ReaderActions,
) -> None:
    raw = await readers.request()
    assert raw
    await readers.unsubscribe((await readers.confirm(raw)).subscriber_id)
    for act in (readers.confirm, readers.read_link):
        with pytest.raises(LinkInvalid):
            await act(raw)
    assert await readers.audience() == []


async def test_an_open_link_from_before_the_reader_left_is_expired(readers: ReaderActions) -> None:
    subscriber_id = await readers.join(edition="monthly")
    raw = await readers.request()
    assert raw
    await readers.unsubscribe(subscriber_id, None)
    with pytest.raises(LinkExpired) as caught:
        await readers.confirm(raw)
    assert (caught.value.address, caught.value.edition) == (ANN.wire, "weekly")
    assert await readers.audience() == []


async def test_a_link_expires_after_two_days(readers: ReaderActions) -> None:
    raw = await readers.request()
    assert raw
    readers.later(hours=48, seconds=-1)
    assert (await readers.read_link(raw)).state == LinkState.OPEN
    readers.later(seconds=1)
    assert (await readers.read_link(raw)).state == LinkState.EXPIRED
    with pytest.raises(LinkExpired):
        await readers.confirm(raw)
    renewed = await readers.request()
    assert renewed
    assert (await readers.confirm(renewed)).changed


async def test_confirming_uses_up_all_open_links_for_the_edition(readers: ReaderActions) -> None:
    first = await readers.request()
    readers.later(hours=25)
    second = await readers.request()
    assert first
    assert second
    await readers.confirm(second)
    assert (await readers.read_link(first)).state == LinkState.USED


async def test_one_link_confirms_every_edition_that_was_asked_for(readers: ReaderActions) -> None:
    raw = await readers.request()
    assert raw
    assert await readers.request(edition="monthly") is None
    assert (await readers.read_link(raw)).editions == ("weekly", "monthly")
    confirmed = await readers.confirm(raw)
    assert confirmed.editions == ("weekly", "monthly")
    assert await readers.audience("weekly") == await readers.audience("monthly") == [ANN.wire]
    assert await readers.events(confirmed.subscriber_id) == [
        "requested",
        "requested",
        "confirmed",
        "confirmed",
    ]


async def test_what_was_asked_for_after_the_page_was_opened_is_not_confirmed_with_the_rest(
    readers: ReaderActions,
) -> None:
    raw = await readers.request()
    assert raw
    shown = (await readers.read_link(raw)).editions
    await readers.request(edition="monthly")
    assert (await readers.confirm(raw, shown=shown)).editions == ("weekly",)
    assert await readers.audience("monthly") == []


async def test_confirming_uses_up_the_links_of_all_editions_confirmed(
    readers: ReaderActions,
) -> None:
    weekly = await readers.request()
    readers.later(hours=25)
    monthly = await readers.request(edition="monthly")
    assert weekly
    assert monthly
    await readers.confirm(weekly)
    assert (await readers.read_link(monthly)).state == LinkState.USED


async def test_a_sign_up_never_lowers_the_state_of_an_active_reader(
    readers: ReaderActions,
) -> None:
    reader = await readers.join()
    await readers.suppress(SuppressionReason.BOUNCE)
    raw = await readers.request()
    assert raw
    async with readers.store.read() as session:
        found = await reader_status(session, reader)
    assert found is not None
    assert found.editions == {"weekly": SubscriptionState.ACTIVE}
    await readers.confirm(raw)
    assert await readers.audience() == [ANN.wire]


@pytest.mark.parametrize("raw", ["", "nonsense", "0" * 40, "\ud800", "é" * 100_000])
async def test_an_invented_link_is_invalid(readers: ReaderActions, raw: str) -> None:
    with pytest.raises(LinkInvalid):
        await readers.confirm(raw)


async def test_a_reader_who_gets_the_edition_already_is_not_mailed_again(
    readers: ReaderActions,
) -> None:
    await readers.join()
    assert await readers.request() is None
    assert await readers.audience() == [ANN.wire]


async def test_signing_up_in_another_case_is_the_same_reader(readers: ReaderActions) -> None:
    await readers.join()
    assert await readers.request(EmailAddress.parse("ANN@example.org")) is None


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.MANUAL])
async def test_after_a_complaint_or_a_manual_suppression_a_sign_up_writes_nothing(
    readers: ReaderActions, reason: SuppressionReason
) -> None:
    await readers.suppress(reason)
    assert await readers.request() is None
    async with readers.store.read() as session:
        assert (await session.exec(select(Subscriber))).all() == []


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.MANUAL])
async def test_a_link_stops_working_after_a_complaint_or_a_manual_suppression(
    readers: ReaderActions, reason: SuppressionReason
) -> None:
    raw = await readers.request()
    assert raw
    await readers.suppress(reason)
    with pytest.raises(LinkInvalid):
        await readers.confirm(raw)


async def test_confirming_lifts_an_unsubscribe_from_all(readers: ReaderActions) -> None:
    subscriber_id = await readers.join()
    await readers.join(edition="monthly")
    await readers.unsubscribe(subscriber_id, None)
    readers.later(minutes=1)
    await readers.join()
    assert await readers.audience() == [ANN.wire]
    assert await readers.audience("monthly") == []
    assert (await readers.events(subscriber_id))[-2:] == ["lifted", "confirmed"]


async def test_confirming_lifts_a_bounce(readers: ReaderActions) -> None:
    await readers.join()
    await readers.suppress(SuppressionReason.BOUNCE)
    assert await readers.audience() == []
    await readers.join()
    assert await readers.audience() == [ANN.wire]


async def test_an_unconfirmed_address_is_mailed_once_a_day_and_three_times_in_a_month(
    readers: ReaderActions,
) -> None:
    sent = 0
    for _ in range(29):
        for _ in range(3):
            sent += await readers.request() is not None
        readers.later(days=1)
    assert sent == 3
    readers.later(days=2)
    assert await readers.request() is not None


async def test_all_editions_share_the_cap_of_an_address(readers: ReaderActions) -> None:
    assert await readers.request(edition="weekly")
    assert await readers.request(edition="monthly") is None


async def test_a_domain_is_mailed_a_limited_number_of_times_an_hour(readers: ReaderActions) -> None:
    readers.caps = ConfirmationCaps(per_domain_an_hour=2)
    tries = [EmailAddress.parse(f"reader{n}@example.org") for n in range(3)]
    assert [await readers.request(address) is not None for address in tries] == [True, True, False]
    assert await readers.request(BOB)
    readers.later(hours=1)
    assert await readers.request(tries[2])


async def test_all_addresses_together_are_mailed_a_limited_number_of_times_an_hour(
    readers: ReaderActions,
) -> None:
    readers.caps = ConfirmationCaps(in_all_an_hour=1)
    assert await readers.request()
    assert await readers.request(BOB) is None


def test_the_caps_are_those_of_the_docs() -> None:
    assert (
        ConfirmationCaps(
            per_address_a_day=1,
            per_address_unconfirmed=3,
            unconfirmed_period=timedelta(days=30),
            per_domain_an_hour=200,
            in_all_an_hour=2_000,
            assured_to_a_source=3,
        )
        == CAPS
    )


async def test_the_same_sign_up_again_and_again_is_one_request_in_the_log(
    readers: ReaderActions,
) -> None:
    for _ in range(5):
        await readers.request()
    assert readers.requested
    assert readers.requested.outcome is Outcome.COVERED
    assert len(await readers.log()) == 1


async def test_a_sign_up_over_a_cap_is_stored_and_waits(readers: ReaderActions) -> None:
    readers.caps = ConfirmationCaps(in_all_an_hour=0)
    assert await readers.request() is None
    assert readers.requested == Requested(Outcome.WAITS, cap=Cap.ALL)
    assert [event.kind for event in await readers.log()] == ["requested"]
    readers.caps = ConfirmationCaps()
    assert await readers.request()


GMAIL = [
    "ann@gmail.com",
    "a.n.n@gmail.com",
    "ANN@googlemail.com",
    *(f"ann+{n}@gmail.com" for n in range(60)),
]


async def test_one_mailbox_is_mailed_once_however_its_address_is_written(
    readers: ReaderActions,
) -> None:
    sent = [await readers.request(EmailAddress.parse(address)) for address in GMAIL]
    assert sum(raw is not None for raw in sent) == 1
    assert readers.requested
    assert readers.requested.cap is Cap.MAILBOX


async def test_the_mailbox_is_no_identity(readers: ReaderActions) -> None:
    plain, tagged = EmailAddress.parse("ann@gmail.com"), EmailAddress.parse("a.nn+x@gmail.com")
    await readers.join(plain)
    await readers.join(tagged)
    assert await readers.audience() == [plain.wire, tagged.wire]


async def test_seven_networks_that_flood_a_domain_do_not_shut_out_an_eighth(
    readers: ReaderActions,
) -> None:
    readers.caps = ConfirmationCaps(per_domain_an_hour=40)
    for n in range(41):
        await readers.request(EmailAddress.parse(f"x{n}@example.org"), origin=f"net{n % 7}")
    assert readers.requested
    assert readers.requested.outcome is Outcome.WAITS
    for n in range(3):
        assert await readers.request(
            EmailAddress.parse(f"honest{n}@example.org"), origin=f"honest{n}"
        )


async def test_the_cap_holds_however_many_networks_take_part(readers: ReaderActions) -> None:
    readers.caps = ConfirmationCaps(per_domain_an_hour=20)
    sent = [
        await readers.request(EmailAddress.parse(f"x{n}@example.org"), origin=f"net{n}")
        for n in range(25)
    ]
    assert sum(raw is not None for raw in sent) == 20
