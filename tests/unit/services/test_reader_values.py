"""Where the values of a reader's slots come from."""

from datetime import UTC, datetime

from digest.app import App
from digest.rendering.message.reader_slots import READER_SLOTS
from digest.services.reader_values import reader_links, reader_values

NOW = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
MADE = {"address": "ada@example.net", "message_id": "1@news.example.org", "date": NOW}


def test_every_slot_but_the_address_has_a_link_of_the_reader(app: App) -> None:
    links = reader_links(app, 7, "weekly")
    assert {*links, "address"} == {slot.name for slot in READER_SLOTS}
    assert all(link.startswith(f"{app.settings.public_url}/") for link in links.values())


def test_a_subscriber_gets_their_own_links(app: App) -> None:
    values = reader_values(
        app,
        **MADE,
        subscriber_id=7,
        edition="weekly",
        needs_smtputf8=True,  # type: ignore[arg-type]
    )
    assert values.slots == {**reader_links(app, 7, "weekly"), "address": "ada@example.net"}
    assert values.slots["one_click_url"] == values.slots["unsubscribe_url"]
    assert (values.address, values.message_id, values.date) == tuple(MADE.values())
    assert values.needs_smtputf8


def test_without_a_subscription_the_links_do_nothing(app: App) -> None:
    for whose in ({"subscriber_id": 7}, {"edition": "weekly"}, {}):
        values = reader_values(app, **MADE, **whose)  # type: ignore[arg-type]
        assert values.address == "ada@example.net"
        assert values.slots["unsubscribe_url"].endswith("/unsubscribe/preview")
        assert values.slots["preferences_url"].endswith("/preferences/preview")
