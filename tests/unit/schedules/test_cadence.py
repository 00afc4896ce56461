"""From local wall-clock time to instants, on ordinary days and on days when clocks are set."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.cadence import Cadence, Instant, read_weekdays, write_weekdays
from schedules.errors import ScheduleError
from tests.unit.schedules.conftest import utc

EVERY_DAY = "mon,tue,wed,thu,fri,sat,sun"
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/Havana",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Gaza",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Antarctica/Troll",
)


def instant(zone: str, day: str, at: str) -> Instant:
    return Cadence.parse(EVERY_DAY, at, zone).instant(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected", "shown"),
    [
        ("Europe/Berlin", "2026-03-29", "02:30", utc(2026, 3, 29, 1, 0), "03:00"),
        ("Europe/Berlin", "2026-03-29", "02:00", utc(2026, 3, 29, 1, 0), "03:00"),
        ("America/New_York", "2026-03-08", "02:59", utc(2026, 3, 8, 7, 0), "03:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", utc(2026, 10, 3, 15, 30), "02:30"),
        ("America/Santiago", "2026-09-06", "00:00", utc(2026, 9, 6, 4, 0), "01:00"),
        ("Asia/Beirut", "2026-03-29", "00:10", utc(2026, 3, 28, 22, 0), "01:00"),
        ("Africa/Cairo", "2026-04-24", "00:30", utc(2026, 4, 23, 22, 0), "01:00"),
    ],
)
def test_in_the_gap_the_next_valid_minute_counts(
    zone: str, day: str, at: str, expected: datetime, shown: str
) -> None:
    found = instant(zone, day, at)
    assert found.at_utc == expected
    assert found.date == date.fromisoformat(day)
    assert found.note == f"{at} doesn't exist that day; sending at {shown}."


@pytest.mark.parametrize(
    ("zone", "day", "at", "first"),
    [
        ("Europe/Berlin", "2026-10-25", "02:30", utc(2026, 10, 25, 0, 30)),
        ("America/New_York", "2026-11-01", "01:30", utc(2026, 11, 1, 5, 30)),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", utc(2026, 4, 4, 14, 45)),
        ("America/Santiago", "2026-04-04", "23:30", utc(2026, 4, 5, 2, 30)),
    ],
)
def test_in_the_overlap_the_first_of_two_counts(
    zone: str, day: str, at: str, first: datetime
) -> None:
    found = instant(zone, day, at)
    assert found.at_utc == first
    assert found.note == f"{at} comes twice that day; sending at the first."


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        ("2026-03-29", "01:59", utc(2026, 3, 29, 0, 59)),
        ("2026-03-29", "03:00", utc(2026, 3, 29, 1, 0)),
        ("2026-03-29", "09:00", utc(2026, 3, 29, 7, 0)),
        ("2026-10-25", "01:59", utc(2026, 10, 24, 23, 59)),
        ("2026-10-25", "03:00", utc(2026, 10, 25, 2, 0)),
        ("2026-10-25", "09:00", utc(2026, 10, 25, 8, 0)),
    ],
)
def test_other_times_on_a_day_when_clocks_are_set_do_not_move(
    day: str, at: str, expected: datetime
) -> None:
    found = instant("Europe/Berlin", day, at)
    assert found.at_utc == expected
    assert found.moved_from is None


def test_an_instant_that_the_gap_pushes_past_midnight_keeps_its_date() -> None:
    found = instant("America/Nuuk", "2026-03-28", "23:30")
    assert found.at_utc == utc(2026, 3, 29, 1, 0)
    assert found.date == date(2026, 3, 28)
    assert found.note == "23:30 doesn't exist that day; sending at 00:00 the next day."


def test_a_date_that_a_zone_left_out_is_not_a_date_of_the_cadence() -> None:
    cadence = Cadence.parse(EVERY_DAY, "00:00", "Pacific/Apia")
    dates = list(cadence.dates(date(2011, 12, 28), date(2011, 12, 31)))
    assert dates == [date(2011, 12, 29), date(2011, 12, 31)]
    with pytest.raises(ScheduleError, match=r"2011-12-30 doesn't exist in Pacific/Apia"):
        cadence.instant(date(2011, 12, 30))


def test_dates_exclude_the_first_day_and_include_the_last() -> None:
    cadence = Cadence.parse("tue,fri", "09:00", "UTC")
    tuesday, friday = date(2026, 12, 8), date(2026, 12, 11)
    assert list(cadence.dates(tuesday, friday)) == [friday]
    assert list(cadence.dates(friday, tuesday)) == []


def test_leap_day_and_the_end_of_the_year_are_ordinary() -> None:
    cadence = Cadence.parse(EVERY_DAY, "09:00", "Europe/Berlin")
    assert cadence.instant(date(2028, 2, 29)).at_utc == utc(2028, 2, 29, 8, 0)
    around = list(cadence.dates(date(2026, 12, 30), date(2027, 1, 1)))
    assert around == [date(2026, 12, 31), date(2027, 1, 1)]
    midnight = Cadence.parse("fri", "00:00", "Europe/Berlin")
    assert midnight.instant(date(2027, 1, 1)).at_utc == utc(2026, 12, 31, 23, 0)


@pytest.mark.parametrize(
    ("weekdays", "at", "zone", "sentence"),
    [
        ("tues", "09:00", "UTC", "'tues' is not a weekday; use mon, tue"),
        ("", "09:00", "UTC", "'' is not a weekday"),
        ("tue,,fri", "09:00", "UTC", "'' is not a weekday"),
        ("tue", "24:00", "UTC", "'24:00' is not a time of day"),
        ("tue", "9", "UTC", "'9' is not a time of day"),
        ("tue", "09:60", "UTC", "'09:60' is not a time of day"),
        ("tue", "٠٩:٠٠", "UTC", "is not a time of day"),
        ("tue", "09:00", "Europe/Bern", "use an IANA name such as Europe/Berlin"),
        ("tue", "09:00", "", "'' is not a time zone"),
        ("tue", "09:00", "Europe", "'Europe' is not a time zone"),
        ("tue", "09:00", "../../etc/passwd", "is not a time zone"),
        ("tue", "09:00", "UTC\0", "is not a time zone"),
        ("tue", "09:00", "new york", "did you mean America/New_York?"),
        ("tue", "09:00", "PST", "name a place, such as America/Los_Angeles"),
        ("tue", "09:00", "UTC+2", "an offset has no summer time"),
        ("tue", "09:00", "-05:00", "an offset has no summer time"),
    ],
)
def test_what_cannot_be_parsed_is_refused_in_one_sentence(
    weekdays: str, at: str, zone: str, sentence: str
) -> None:
    with pytest.raises(ScheduleError) as caught:
        Cadence.parse(weekdays, at, zone)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weekdays_are_parsed_leniently_and_written_in_one_way() -> None:
    assert write_weekdays(read_weekdays("Friday, TUE,tue")) == "tue,fri"


@pytest.mark.parametrize(
    ("weekdays", "days"), [("tue", 7), ("tue,fri", 3), ("sun,mon", 1), ("mon,sat", 2)]
)
def test_the_shortest_gap_wraps_around_the_week(weekdays: str, days: int) -> None:
    assert Cadence.parse(weekdays, "09:00", "UTC").shortest_gap == timedelta(days=days)


cadences = st.builds(
    Cadence,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    st.sampled_from(ZONES).map(ZoneInfo),
)
days = st.dates(date(1995, 1, 1), date(2037, 11, 1))


@settings(deadline=None)
@given(cadences, days)
def test_instants_increase_with_their_dates_and_know_their_date(
    cadence: Cadence, first: date
) -> None:
    dates = list(cadence.dates(first, first + timedelta(days=60)))
    instants = [cadence.instant(day) for day in dates]
    assert [found.date for found in instants] == dates
    assert all(a.at_utc < b.at_utc for a, b in pairwise(instants))
    for found in instants:
        assert found.at_utc == found.local.astimezone(UTC)
        assert found.at_utc.tzinfo is UTC
        if found.moved_from is None:
            assert found.local.replace(tzinfo=None, fold=0) == datetime.combine(
                found.date, cadence.send_time
            )


@settings(deadline=None)
@given(cadences, days)
def test_a_time_moves_only_to_the_end_of_its_gap(cadence: Cadence, first: date) -> None:
    for day in cadence.dates(first, first + timedelta(days=30)):
        found = cadence.instant(day)
        if found.moved_from is not None:
            just_before = (found.at_utc - timedelta(minutes=1)).astimezone(cadence.zone)
            assert just_before.replace(tzinfo=None) < found.moved_from
            assert found.local.replace(tzinfo=None) > found.moved_from
