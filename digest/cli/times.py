"""Dates and times as a person types them."""

import re
from datetime import UTC, date, datetime, time

from digest.errors import UsageError
from schedules.cadence import require_plausible
from schedules.errors import ScheduleError

# Stricter than `fromisoformat`, which takes a date alone for midnight, an hour alone for the
# full hour, and any character between the two.
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
HOURS = re.compile(r"[T ]?\d{1,2}(?::\d\d)*", re.ASCII)


def parse_date(text: str, option: str | None = None) -> date:
    """A local date; raises `UsageError`, which names the `option` if there is one."""
    try:
        if DATE.fullmatch(text.strip()):
            return _plausible(datetime.combine(date.fromisoformat(text.strip()), time())).date()
    except ValueError:
        pass
    where = f"{option} " if option else ""
    raise UsageError(f"{where}{text!r} is not a date; write YYYY-MM-DD")


def parse_moment(text: str) -> datetime:
    """A wall-clock time (naive), or an instant where it has an offset; raises `UsageError`."""
    given = text.strip()
    if DATE.fullmatch(given):
        day = parse_date(given)
        raise UsageError(f"{text!r} has no time of day; write {day}T09:00 for nine o'clock")
    if HOURS.fullmatch(given):
        raise UsageError(f"{text!r} has no date; write it before the time, as 2026-12-09T09:00")
    try:
        if MOMENT.fullmatch(given):
            return _plausible(datetime.fromisoformat(given))
    except ValueError:
        pass
    raise UsageError(f"{text!r} is not a time; write 2026-12-09T09:00")


def parse_past(text: str, option: str) -> datetime:
    """An instant in UTC, from a date (its midnight in UTC) or a time; raises `UsageError`."""
    if DATE.fullmatch(text.strip()):
        return datetime.combine(parse_date(text, option), time(), UTC)
    try:
        instant = parse_moment(text)
    except UsageError:
        raise UsageError(f"{option} {text!r} is not a date; write YYYY-MM-DD") from None
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)


def _plausible(at: datetime) -> datetime:
    try:
        require_plausible(at)
    except ScheduleError as error:
        raise UsageError(str(error)) from None
    return at
