"""Times as people read them."""

from datetime import timedelta

import pytest

from schedules.words import city, in_words, plan_line, when
from tests.unit.schedules.conftest import utc

NOW = utc(2026, 12, 5, 6, 0)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Berlin", "Wed 9 Dec 09:00 Berlin"),
        ("UTC", "Wed 9 Dec 08:00 UTC"),
        ("Etc/UTC", "Wed 9 Dec 08:00 UTC"),
        ("America/Argentina/Buenos_Aires", "Wed 9 Dec 05:00 Buenos Aires"),
        ("Pacific/Kiritimati", "Wed 9 Dec 22:00 Kiritimati"),
    ],
)
def test_an_instant_is_told_in_the_zone_of_the_edition(zone: str, said: str) -> None:
    assert when(utc(2026, 12, 9, 8, 0), zone, NOW) == said


def test_the_year_is_told_where_it_is_another_one_there() -> None:
    new_year = utc(2026, 12, 31, 23, 30)
    assert when(new_year, "Europe/Berlin", NOW) == "Fri 1 Jan 2027 00:30 Berlin"
    assert when(new_year, "UTC", NOW) == "Thu 31 Dec 23:30 UTC"
    assert when(new_year, "Europe/Berlin", new_year) == "Fri 1 Jan 00:30 Berlin"
    assert when(new_year, "Europe/Berlin") == "Fri 1 Jan 00:30 Berlin"


@pytest.mark.parametrize(
    ("delta", "said"),
    [
        (timedelta(days=3, hours=2, minutes=59), "in 3 d 2 h"),
        (timedelta(days=3), "in 3 d"),
        (timedelta(days=1, minutes=5), "in 1 d"),
        (timedelta(hours=2, minutes=5), "in 2 h 5 min"),
        (timedelta(minutes=45), "in 45 min"),
        (timedelta(seconds=59), "now"),
        (timedelta(seconds=-59), "now"),
        (timedelta(minutes=-1), "1 min ago"),
        (timedelta(hours=-5), "5 h ago"),
        (timedelta(days=-400), "400 d ago"),
    ],
)
def test_a_distance_is_told_in_at_most_two_units(delta: timedelta, said: str) -> None:
    assert in_words(delta) == said


def test_a_plan_says_when_to_how_many_and_how_soon() -> None:
    send_at = utc(2026, 12, 8, 8, 0)
    assert (
        plan_line(send_at, "Europe/Berlin", 4212, NOW)
        == "Tue 8 Dec 09:00 Berlin, 4,212 readers, in 3 d 2 h"
    )
    assert ", 1 reader, " in plan_line(send_at, "Europe/Berlin", 1, NOW)
    assert ", no readers, " in plan_line(send_at, "Europe/Berlin", 0, NOW)


def test_a_city_is_the_last_part_of_the_name() -> None:
    assert city("America/New_York") == "New York"
