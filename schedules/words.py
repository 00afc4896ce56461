"""Times in plain words, the same on the command line, in mails and on the pages."""

from datetime import datetime, timedelta

from schedules.cadence import read_zone

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def city(zone: str) -> str:
    """The last part of an IANA name: `America/New_York` → `New York`, `Etc/UTC` → `UTC`."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def when(at_utc: datetime, zone: str, now: datetime | None = None) -> str:
    """`Tue 9 Dec 09:00 Berlin`; with the year where it is not that of `now`."""
    tz = read_zone(zone)
    local = at_utc.astimezone(tz)
    same_year = now is None or now.astimezone(tz).year == local.year
    year = "" if same_year else f" {local.year}"
    day = f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}{year}"
    return f"{day} {local:%H:%M} {city(zone)}"


def in_words(delta: timedelta) -> str:
    """`in 3 d 2 h`, `in 45 min`, `5 h ago`; cut to two units; `now` below a minute."""
    minutes = int(abs(delta) / timedelta(minutes=1))
    if not minutes:
        return "now"
    length = _length(minutes)
    return f"in {length}" if delta > timedelta() else f"{length} ago"


def _length(minutes: int) -> str:
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h")] if days else [(hours, "h"), (minutes, "min")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def plan_line(at_utc: datetime, zone: str, readers: int, now: datetime) -> str:
    """`Tue 9 Dec 09:00 Berlin, 4,212 readers, in 3 d 2 h`."""
    return f"{when(at_utc, zone, now)}, {_people(readers)}, {in_words(at_utc - now)}"


def _people(readers: int) -> str:
    if not readers:
        return "no readers"
    return f"{readers:,} reader{'' if readers == 1 else 's'}"
