"""Dates, times and durations as people read them."""

from datetime import date, timedelta

import pytest

from schedules.words import city, in_words, long_date, plan_line, precise, when
from tests.unit.schedules.conftest import utc

NOW = utc(2026, 12, 5, 6, 0)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Berlin", "Wed 9 Dec 09:00 Berlin"),
        ("UTC", "Wed 9 Dec 08:00 UTC"),
        ("Etc/UTC", "Wed 9 Dec 08:00 UTC"),
        ("America/Argentina/Buenos_Aires", "Wed 9 Dec 05:00 Buenos Aires"),
        ("Pacific/Kiritimati", "Wed 9 Dec 22:00 Kiritimati"),
    ],
)
def test_an_instant_is_printed_in_the_zone_of_the_edition(zone: str, expected: str) -> None:
    assert when(utc(2026, 12, 9, 8, 0), zone, NOW) == expected


@pytest.mark.parametrize(
    ("month", "name"),
    [
        (1, "January"),
        (2, "February"),
        (3, "March"),
        (4, "April"),
        (5, "May"),
        (6, "June"),
        (7, "July"),
        (8, "August"),
        (9, "September"),
        (10, "October"),
        (11, "November"),
        (12, "December"),
    ],
)
def test_a_month_has_its_name_in_full_or_in_three_letters(month: int, name: str) -> None:
    assert long_date(date(2026, month, 9)) == f"9 {name} 2026"
    moment = utc(2026, month, 9, 8, 5)
    assert precise(moment) == f"9 {name[:3]} 2026, 08:05:00"
    assert when(moment, "UTC").split()[1:3] == ["9", name[:3]]


@pytest.mark.parametrize(
    ("day", "weekday"),
    [(7, "Mon"), (8, "Tue"), (9, "Wed"), (10, "Thu"), (11, "Fri"), (12, "Sat"), (13, "Sun")],
)
def test_a_weekday_has_three_letters(day: int, weekday: str) -> None:
    assert when(utc(2026, 12, day), "UTC").startswith(f"{weekday} {day} Dec ")


def test_the_year_is_printed_if_it_is_another_one_in_that_zone() -> None:
    new_year = utc(2026, 12, 31, 23, 30)
    assert when(new_year, "Europe/Berlin", NOW) == "Fri 1 Jan 2027 00:30 Berlin"
    assert when(new_year, "UTC", NOW) == "Thu 31 Dec 23:30 UTC"
    assert when(new_year, "Europe/Berlin", new_year) == "Fri 1 Jan 00:30 Berlin"
    assert when(new_year, "Europe/Berlin") == "Fri 1 Jan 00:30 Berlin"


@pytest.mark.parametrize(
    ("delta", "expected"),
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
def test_a_duration_is_printed_in_at_most_two_units(delta: timedelta, expected: str) -> None:
    assert in_words(delta) == expected


def test_a_plan_line_names_the_time_the_readers_and_the_distance() -> None:
    send_at = utc(2026, 12, 8, 8, 0)
    assert (
        plan_line(send_at, "Europe/Berlin", 4212, NOW)
        == "Tue 8 Dec 09:00 Berlin, 4,212 readers, in 3 d 2 h"
    )
    assert ", 1 reader, " in plan_line(send_at, "Europe/Berlin", 1, NOW)
    assert ", no readers, " in plan_line(send_at, "Europe/Berlin", 0, NOW)


def test_a_city_is_the_last_part_of_the_name() -> None:
    assert city("America/New_York") == "New York"
