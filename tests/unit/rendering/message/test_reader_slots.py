from digest.rendering.message.reader_slots import BODY_SLOTS, HEADER_SLOTS, ROOM, preview_slots


def test_templates_may_print_the_address_and_two_links() -> None:
    assert BODY_SLOTS == ("unsubscribe_url", "preferences_url", "address")


def test_the_one_click_link_is_for_the_list_header_alone() -> None:
    assert HEADER_SLOTS == (("List-Unsubscribe", "one_click_url"),)


def test_the_size_check_leaves_room_for_every_value_that_is_printed() -> None:
    assert all(ROOM[name] >= 200 for name in BODY_SLOTS)
    assert ROOM["address"] == 320  # RFC 5321 section 4.5.3.1: 64 + 1 + 255


def test_a_preview_shows_links_of_the_installation_that_do_nothing() -> None:
    assert preview_slots("https://d.example/news") == {
        "address": "reader@example.org",
        "unsubscribe_url": "https://d.example/news/unsubscribe/preview",
        "preferences_url": "https://d.example/news/preferences/preview",
        "one_click_url": "https://d.example/news/unsubscribe/preview",
    }
