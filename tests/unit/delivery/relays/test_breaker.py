"""A domain that defers everybody alike is left alone for a while."""

import pytest

from digest.delivery.ports import Reply
from digest.delivery.relays.breaker import ALIKE, CircuitBreaker
from tests.unit.delivery.relays.conftest import SLOWER


def trip(breaker: CircuitBreaker, now: float) -> int:
    """How many alike it takes."""
    for number in range(1, 100):
        if breaker.deferred(SLOWER, now):
            return number
    raise AssertionError("never")


def test_many_identical_replies_in_a_row_pause_the_domain_for_a_minute() -> None:
    breaker = CircuitBreaker()
    assert trip(breaker, 7.0) == ALIKE
    assert breaker.until == 67.0


def test_what_was_in_flight_when_it_tripped_lengthens_nothing() -> None:
    breaker = CircuitBreaker()
    trip(breaker, 0.0)
    assert not any(breaker.deferred(SLOWER, 1.0) for _ in range(50))
    assert breaker.until == 60.0


def test_the_first_one_afterwards_decides_and_each_pause_is_longer() -> None:
    breaker, now, pauses = CircuitBreaker(), 0.0, []
    for _ in range(4):
        trip(breaker, now)
        pauses.append(breaker.until - now)
        now = breaker.until
    assert pauses == [60, 300, 900, 900]
    breaker.taken()
    assert breaker.calm
    assert trip(breaker, now) == ALIKE


def test_a_message_that_is_taken_in_between_starts_the_count_again() -> None:
    breaker = CircuitBreaker()
    for _ in range(20):
        assert not any(breaker.deferred(SLOWER, 0.0) for _ in range(ALIKE - 1))
        breaker.taken()


def test_different_replies_are_counted_apart() -> None:
    breaker = CircuitBreaker()
    replies = (SLOWER, Reply(451, "4.7.1 greylisted"))
    assert not any(breaker.deferred(replies[turn % 2], 0.0) for turn in range(100))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(452, "4.2.2 mailbox full"),
        Reply(450, "4.2.1 mailbox disabled"),
        Reply(450, "4.1.1 user unknown for now"),
        Reply(452, "too full"),
    ],
)
def test_full_mailboxes_do_not_count_against_their_domain(reply: Reply) -> None:
    breaker = CircuitBreaker()
    assert not any(breaker.deferred(reply, 0.0) for _ in range(100))
