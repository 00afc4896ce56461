"""Dates and times as people type them: what is missing or impossible is asked for."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from digest.cli.times import parse_date, parse_moment, parse_past
from digest.errors import UsageError

NINE = datetime(2026, 12, 9, 9, 0, tzinfo=UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-12-09T09:00", NINE),
        (" 2026-12-09 09:00:30 ", NINE.replace(second=30)),
        ("2026-12-09T09:00Z", datetime(2026, 12, 9, 9, 0, tzinfo=UTC)),
        (
            "2026-12-09T09:00+05:30",
            datetime(2026, 12, 9, 9, 0, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        ),
    ],
)
def test_a_moment_is_a_date_and_a_time_with_or_without_an_offset(
    typed: str, moment: datetime
) -> None:
    assert parse_moment(typed) == moment


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("2026-12-09", "'2026-12-09' has no time of day; write 2026-12-09T09:00"),
        ("09:00", "'09:00' has no date"),
        ("T09", "'T09' has no date"),
        ("20261209", "is not a time; write 2026-12-09T09:00"),
        ("2026-W50-3", "is not a time"),
        ("2026-12-09T09", "is not a time"),
        ("2026-12-09x09:00", "is not a time"),
        ("2026-12-09T24:00", "is not a time"),
        ("2026-13-09T09:00", "is not a time"),
        ("2026-02-30", "is not a date"),
        ("9.12.2026 09:00", "is not a time"),
        ("٢٠٢٦-12-09T09:00", "is not a time"),
        ("2026-12-09T09:00+25:00", "is not a time"),
        ("tomorrow", "is not a time"),
        ("", "is not a time"),
        ("9999-12-31T23:59", "the year 9999 cannot be meant"),
        ("9999-12-31T23:59-14:00", "the year 9999 cannot be meant"),
        ("0001-01-01T00:00+14:00", "the year 0001 cannot be meant"),
        ("0000-01-01T00:00", "is not a time"),
        ("2206-12-09T09:00", "the year 2206 cannot be meant; write one from 1970 to 2100"),
    ],
)
def test_what_is_no_moment_is_refused_in_one_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_moment(typed)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_date_is_a_day_of_the_calendar() -> None:
    assert parse_date("2026-12-09") == date(2026, 12, 9)
    for typed in ("2026-12-09T09:00", "20261209", "2026-W50-3", "2026-02-29", "9999-12-31", ""):
        with pytest.raises(UsageError):
            parse_date(typed)


def test_a_date_in_the_past_is_its_midnight_in_utc() -> None:
    assert parse_past("2026-11-01", "--as-of") == datetime(2026, 11, 1, tzinfo=UTC)
    assert parse_past("2026-11-01T02:00+02:00", "--as-of") == datetime(2026, 11, 1, tzinfo=UTC)
    with pytest.raises(UsageError, match="--as-of 'x' is not a date"):
        parse_past("x", "--as-of")
