"""Dates and times as a person types them."""

from datetime import date, datetime

from digest.errors import UsageError


def parse_date(text: str) -> date:
    """A local date; raises `UsageError`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date; write YYYY-MM-DD") from None


def parse_moment(text: str) -> datetime:
    """A wall-clock time (naive), or an instant where it has an offset; raises `UsageError`."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a time; write 2026-12-09T09:00") from None
