"""A worker spends only what it has reserved, and only while it is valid."""

from datetime import UTC, datetime

from digest.delivery.relays.reservation import ASK_SECONDS, QuotaGrant, QuotaReservation

THEN = datetime(2026, 12, 3, 12, tzinfo=UTC)


def grant(units: int, ends_in: float = 100, spent_for: float = 0) -> QuotaGrant:
    return QuotaGrant("main", "", units, THEN, ends_in, spent_for)


def test_it_asks_when_the_first_one_wants_to_go_and_again_before_it_is_empty() -> None:
    reservation = QuotaReservation(20)
    assert reservation.needed(0) == 0
    assert reservation.wait(0) == ASK_SECONDS
    assert reservation.needed(0) == 20
    reservation.add(grant(20), 0)
    asked = []
    for _ in range(20):
        assert reservation.wait(1) == 0
        asked.append(reservation.needed(1))
        reservation.take()
    assert asked.index(20) == 15
    assert reservation.wait(1) > 0


def test_what_is_reserved_for_an_hour_is_not_spent_in_the_next() -> None:
    reservation = QuotaReservation(20)
    reservation.add(grant(20), 0)
    assert reservation.wait(99.9) == 0
    assert reservation.wait(100) > 0
    assert reservation.empty(99, only_ended=True) is None
    assert reservation.empty(100, only_ended=True) == (20, THEN)
    assert reservation.empty(100, only_ended=True) is None


def test_units_of_two_reservations_in_one_window_add_up_but_not_over_its_end() -> None:
    reservation = QuotaReservation(20)
    reservation.add(grant(5), 0)
    reservation.add(grant(5, ends_in=90), 10)
    assert reservation.units == 10
    reservation.add(grant(3), 100)
    assert reservation.units == 3


def test_a_quota_that_is_used_up_is_asked_for_once_a_minute() -> None:
    reservation = QuotaReservation(20)
    reservation.wait(0)
    reservation.add(grant(0, spent_for=2400), 0)
    assert reservation.spent(10) == 2390
    assert reservation.wait(10) == 2390
    assert reservation.needed(59) == 0
    assert reservation.needed(60) == 20
    reservation.add(grant(20, ends_in=2340), 60)  # another worker gave some back
    assert (reservation.spent(61), reservation.wait(61)) == (0, 0)


def test_the_last_units_are_spent_before_it_counts_as_used_up() -> None:
    reservation = QuotaReservation(20)
    reservation.add(grant(1, spent_for=2400), 0)
    assert (reservation.wait(1), reservation.spent(1)) == (0, 0)
    reservation.take()
    assert reservation.spent(1) == 2399


def test_after_everything_was_given_back_units_are_requested_only_when_there_is_work() -> None:
    reservation = QuotaReservation(20)
    reservation.wait(0)
    reservation.add(grant(20), 0)
    assert reservation.empty(1, only_ended=False) == (20, THEN)
    assert reservation.needed(1) == 0
    reservation.wait(2)
    assert reservation.needed(2) == 20


def test_a_message_that_did_not_go_gives_its_unit_back_within_the_window_only() -> None:
    reservation = QuotaReservation(20)
    reservation.add(grant(2), 0)
    reservation.take()
    reservation.give_back(50)
    assert reservation.units == 2
    reservation.take()
    reservation.give_back(100)
    assert reservation.units == 1
