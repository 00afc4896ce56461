"""A cadence: on which local dates, at which wall-clock time, in which zone.

Wall-clock time is what clocks in that zone show. On the two days a year when they are
set, a time may not exist (the gap) or exist twice (the overlap): in the gap the next
valid minute counts, in the overlap the first of the two. The terms are those of PEP 495.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from schedules.errors import ScheduleError
from schedules.zones import read_zone

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ONE_DAY = timedelta(days=1)
ONE_MINUTE = timedelta(minutes=1)
YEARS = range(1970, 2101)


@dataclass(frozen=True)
class Instant:
    """One moment of a cadence.

    `at_utc` is aware, in UTC; `local` is the same moment in the cadence's zone;
    `moved_from` is the naive wall time that was wanted, if the clocks skip it.
    """

    at_utc: datetime
    local: datetime
    moved_from: datetime | None = None

    @property
    def date(self) -> date:
        """The local date it belongs to, even if the gap pushed it past midnight."""
        return (self.moved_from or self.local).date()

    @property
    def note(self) -> str | None:
        """A sentence for the editor about a moved time; None if it was not moved."""
        if self.moved_from is None:
            return self._twice
        next_day = " the next day" if self.local.date() != self.date else ""
        return (
            f"{self.moved_from:%H:%M} doesn't exist that day; "
            f"sending at {self.local:%H:%M}{next_day}."
        )

    @property
    def _twice(self) -> str | None:
        second = self.local.replace(fold=1)
        if self.local.fold or self.local.utcoffset() == second.utcoffset():
            return None
        return f"{self.local:%H:%M} comes twice that day; sending at the first."


@dataclass(frozen=True)
class Cadence:
    """Weekdays (0 is Monday), wall-clock time and zone of an edition."""

    weekdays: frozenset[int]
    send_time: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, weekdays: str, send_time: str, zone: str) -> "Cadence":
        """Parse three fields of an edition; raises `ScheduleError`."""
        return cls(read_weekdays(weekdays), read_time(send_time), read_zone(zone))

    def includes(self, local_date: date) -> bool:
        """Whether the cadence sends on a date; never on one that its zone left out."""
        return local_date.weekday() in self.weekdays and _has(local_date, self.zone)

    def instant(self, local_date: date) -> Instant:
        """The moment of sending on a date, whatever its weekday.

        Raises `ScheduleError` for a date that the zone left out, as Samoa did with
        30 December 2011 when it crossed the date line.
        """
        return find_instant(datetime.combine(local_date, self.send_time), self.zone)

    def dates(self, after: date, until: date) -> Iterator[date]:
        """The cadence's local dates later than `after`, up to and including `until`."""
        day = after + ONE_DAY
        while day <= until:
            if self.includes(day):
                yield day
            day += ONE_DAY

    @property
    def shortest_gap(self) -> timedelta:
        """The shortest time between two of its dates: a week, or less with several weekdays."""
        days = sorted(self.weekdays)
        return timedelta(days=min(b - a for a, b in pairwise([*days, days[0] + 7])))


def find_instant(wanted: datetime, zone: ZoneInfo) -> Instant:
    """The moment of a naive wall-clock time in a zone.

    Raises `ScheduleError` for a date that the zone left out, and for a year that no plan is for.
    """
    require_plausible(wanted)
    if not _has(wanted.date(), zone):
        raise ScheduleError(f"{wanted.date()} doesn't exist in {zone.key}")
    found = wanted
    while not _exists(found, zone):
        found = found.replace(second=0) + ONE_MINUTE
    local = found.replace(tzinfo=zone)
    return Instant(local.astimezone(UTC), local, None if found == wanted else wanted)


def require_plausible(at: datetime) -> None:
    """Raise `ScheduleError` for a year outside `YEARS`; at either end of time dates overflow."""
    if at.year not in YEARS:
        raise ScheduleError(
            f"the year {at.year:04} cannot be meant; write one from {YEARS[0]} to {YEARS[-1]}"
        )


def _exists(wall: datetime, zone: ZoneInfo) -> bool:
    # A wall time inside a gap comes back from UTC as another one.
    there = wall.replace(tzinfo=zone).astimezone(UTC)
    return there.astimezone(zone).replace(tzinfo=None, fold=0) == wall


def _has(local_date: date, zone: ZoneInfo) -> bool:
    # A gap may cover one end of a day; it covers both only if the whole day is left out.
    first = datetime.combine(local_date, time())
    return _exists(first, zone) or _exists(first + ONE_DAY - ONE_MINUTE, zone)


def read_weekdays(text: str) -> frozenset[int]:
    """Parse weekdays: `tue,fri` or `Tuesday, Friday` → {1, 4}."""
    return frozenset(_read_weekday(part.strip()) for part in text.split(","))


def _read_weekday(name: str) -> int:
    for number, weekday in enumerate(WEEKDAYS):
        if name.lower() in (weekday, weekday[:3]):
            return number
    raise ScheduleError(f"{name!r} is not a weekday; use mon, tue, wed, thu, fri, sat or sun")


def write_weekdays(weekdays: frozenset[int]) -> str:
    """Write weekdays: {4, 1} → `tue,fri`, Monday first."""
    return ",".join(WEEKDAYS[day][:3] for day in sorted(weekdays))


def read_time(text: str) -> time:
    """Parse a 24-hour wall-clock time to the minute: `09:00` or `9:00`."""
    match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text.strip())
    if match is None:
        raise ScheduleError(f"{text!r} is not a time of day; write it as HH:MM, such as 09:00")
    return time(int(match[1]), int(match[2]))
