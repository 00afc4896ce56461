"""Dates, times and durations in plain English, the same in mails, on pages and on the command line.

The only place where months and weekdays are named: `strftime` would take the names from the
process's locale, and a day without a leading zero (`%-d`) only from some C libraries.
"""

from datetime import date, datetime, timedelta

from schedules.cadence import WEEKDAYS
from schedules.zones import fixed_offset, read_zone

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def long_date(day: date) -> str:
    """`9 December 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def precise(moment: datetime) -> str:
    """`9 Dec 2026, 09:00:05`, in the zone of `moment`."""
    return f"{_day_and_month(moment)} {moment.year}, {moment:%H:%M:%S}"


def when(at_utc: datetime, zone: str, now: datetime | None = None) -> str:
    """`Tue 9 Dec 09:00 Berlin`; with the year if it is not the year of `now`."""
    tz = read_zone(zone)
    local = at_utc.astimezone(tz)
    same_year = now is None or now.astimezone(tz).year == local.year
    year = "" if same_year else f" {local.year}"
    weekday = WEEKDAYS[local.weekday()][:3].capitalize()
    return f"{weekday} {_day_and_month(local)}{year} {local:%H:%M} {city(zone)}"


def city(zone: str) -> str:
    """The last part of an IANA name: `America/New_York` → `New York`, `Etc/UTC` → `UTC`.

    `Etc/GMT+5` → `UTC-05:00`, because its own name has the sign reversed.
    """
    return fixed_offset(zone) or zone.rsplit("/", 1)[-1].replace("_", " ")


def in_words(delta: timedelta) -> str:
    """`in 3 d 2 h`, `in 45 min`, `5 h ago`; cut to two units; `now` for less than a minute."""
    minutes = int(abs(delta) / timedelta(minutes=1))
    if not minutes:
        return "now"
    duration = _duration(minutes)
    return f"in {duration}" if delta > timedelta() else f"{duration} ago"


def plan_line(at_utc: datetime, zone: str, readers: int, now: datetime) -> str:
    """`Tue 9 Dec 09:00 Berlin, 4,212 readers, in 3 d 2 h`."""
    return f"{when(at_utc, zone, now)}, {_readers(readers)}, {in_words(at_utc - now)}"


def _day_and_month(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1][:3]}"


def _duration(minutes: int) -> str:
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h")] if days else [(hours, "h"), (minutes, "min")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def _readers(count: int) -> str:
    if not count:
        return "no readers"
    return f"{count:,} reader{'' if count == 1 else 's'}"
