"""Dates and times as a person types them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from digest.cli.runtime import console
from digest.errors import UsageError
from schedules.cadence import Cadence


def parse_date(text: str) -> date:
    """A local date; raises `UsageError`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date; write YYYY-MM-DD") from None


def local_instant(text: str, zone: str) -> datetime:
    """A wall-clock time in a zone (or with an offset of its own) as an instant."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a time; write 2026-12-09T09:00") from None
    if moment.tzinfo is not None:
        return moment.astimezone(ZoneInfo("UTC"))
    cadence = Cadence.parse("mon", moment.strftime("%H:%M"), zone)
    found = cadence.instant(moment.date())
    if found.note:
        console.print(found.note)
    return found.at_utc
