"""What relays answered is counted, in bounded sets of names."""

from digest.delivery.ports import Reply
from digest.delivery.sending.tally import MOST_CODES, OTHER, Tally
from digest.delivery.states import Route


def test_replies_are_counted_by_class_code_and_provider() -> None:
    tally = Tally()
    tally.note(Route.RELAY, "gmail.com", Reply(250, "2.0.0 queued"))
    tally.note(Route.RELAY, "small.example", Reply(550, "5.1.1 no such user"))
    tally.note(Route.INBOX, "small.example", Reply(451, "later"))
    assert tally.replies == {
        ("relay", "2xx", "2.0.0"): 1,
        ("relay", "5xx", "5.1.1"): 1,
        ("inbox", "4xx", ""): 1,
    }
    assert tally.domains == {("gmail.com", "2xx"): 1, (OTHER, "5xx"): 1, (OTHER, "4xx"): 1}
    assert tally.accepted == 1


def test_a_strange_relay_cannot_make_the_counts_grow_without_end() -> None:
    tally = Tally()
    for number in range(3 * MOST_CODES):
        tally.note(Route.RELAY, f"d{number}.example", Reply(550, f"5.9.{number} odd"))
    assert len(tally.replies) == MOST_CODES + 1
    assert tally.replies["relay", "5xx", OTHER] == 2 * MOST_CODES
    assert tally.domains == {(OTHER, "5xx"): 3 * MOST_CODES}


def test_relays_in_trouble_are_counted_by_route() -> None:
    tally = Tally()
    tally.trouble(Route.RELAY)
    tally.trouble(Route.RELAY)
    assert tally.troubles == {"relay": 2}
