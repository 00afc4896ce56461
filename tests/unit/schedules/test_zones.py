"""Zones by name: places are taken, mere offsets are asked about or warned of."""

import pytest

from schedules.errors import ScheduleError
from schedules.words import city
from schedules.zones import choose_zone, read_zone, zone_note


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/berlin ", "Europe/Berlin"),
        ("AMERICA/NEW_YORK", "America/New_York"),
        ("utc", "UTC"),
        ("Etc/UTC", "Etc/UTC"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("US/Eastern", "US/Eastern"),
        ("Europe/Kiev", "Europe/Kiev"),
        ("Africa/Lagos", "Africa/Lagos"),
    ],
)
def test_places_are_found_in_any_case_and_by_former_names(typed: str, key: str) -> None:
    assert choose_zone(typed) == key
    assert zone_note(key) is None


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("EST", "America/New_York"),
        ("est", "America/New_York"),
        ("MST", "America/Denver"),
        ("HST", "Pacific/Honolulu"),
        ("PST", "America/Los_Angeles"),
        ("CEST", "Europe/Berlin"),
        ("BST", "Europe/London"),
    ],
)
def test_an_abbreviation_is_asked_for_its_place(typed: str, place: str) -> None:
    with pytest.raises(ScheduleError, match=f"name a place, such as {place}"):
        choose_zone(typed)


@pytest.mark.parametrize("typed", ["Factory", "localtime", "right/Europe/Berlin", "posix/UTC"])
def test_what_is_no_zone_of_its_own_is_refused(typed: str) -> None:
    with pytest.raises(ScheduleError, match="is not a time zone"):
        choose_zone(typed)


@pytest.mark.parametrize(
    ("key", "offset"), [("Etc/GMT+5", "UTC-05:00"), ("Etc/GMT-14", "UTC+14:00")]
)
def test_a_zone_with_a_reversed_sign_is_shown_by_its_offset(key: str, offset: str) -> None:
    assert choose_zone(key) == key
    assert city(key) == offset
    note = zone_note(key)
    assert note is not None
    assert note.startswith(f"{key} is {offset} all year, without summer time; the sign")


def test_an_edition_that_has_a_fixed_offset_already_works_and_is_warned_of() -> None:
    assert read_zone("EST").key == "EST"
    assert city("EST") == "UTC-05:00"
    assert "EST is UTC-05:00 all year" in (zone_note("EST") or "")
