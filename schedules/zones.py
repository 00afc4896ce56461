"""Time zones by their IANA names, and what to say of a name that is not a place.

Only a place has summer time and changing rules. An abbreviation such as EST names one fixed
offset, and is mostly typed by people who mean New York in winter and in summer.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from schedules.errors import ScheduleError

# Zones of the tz database that never change, and the places that people mean by them.
FIXED = {
    "EST": "America/New_York, or America/Panama",
    "MST": "America/Denver, or America/Phoenix",
    "HST": "Pacific/Honolulu",
}

# Abbreviations that the tz database does not know as zones.
PLACES = {
    "EDT": "America/New_York",
    "ET": "America/New_York",
    "CST": "America/Chicago or Asia/Shanghai",
    "CDT": "America/Chicago",
    "CT": "America/Chicago",
    "MDT": "America/Denver",
    "MT": "America/Denver",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "PT": "America/Los_Angeles",
    "AKST": "America/Anchorage",
    "AKDT": "America/Anchorage",
    "BST": "Europe/London",
    "IST": "Asia/Kolkata, Europe/Dublin or Asia/Jerusalem",
    "CEST": "Europe/Berlin",
    "MEZ": "Europe/Berlin",
    "MESZ": "Europe/Berlin",
    "EEST": "Europe/Athens",
    "MSK": "Europe/Moscow",
    "JST": "Asia/Tokyo",
    "AEST": "Australia/Sydney, or Australia/Brisbane",
    "AEDT": "Australia/Sydney",
}

# Valid for zoneinfo, but no zone: one has no time at all, the other is whatever this machine has.
NOT_ZONES = ("Factory", "localtime")

OFFSET = re.compile(r"(?:UTC|GMT)?\s*[+\u2212-]\s*\d{1,2}(?::?\d\d)?", re.IGNORECASE)


def read_zone(name: str) -> ZoneInfo:
    """The zone with an IANA name, in whatever case; raises `ScheduleError` if there is none."""
    wanted = name.strip()
    try:
        return ZoneInfo(wanted)
    except (KeyError, ValueError, OSError):
        known = {zone.lower(): zone for zone in available_timezones()}.get(wanted.lower())
        if known is None:
            raise ScheduleError(f"{name!r} is not a time zone; {_hint(wanted)}") from None
        return ZoneInfo(known)


def choose_zone(name: str) -> str:
    """The IANA name of a zone that a person chooses; asks for a place instead of `EST`."""
    key = read_zone(name).key
    if key in NOT_ZONES or key not in available_timezones():
        raise ScheduleError(f"{name!r} is not a time zone; {_hint(key)}")
    if key in FIXED:
        raise ScheduleError(
            f"{key} is {_offset(ZoneInfo(key))} all year, without summer time; "
            f"name a place, such as {FIXED[key]}"
        )
    return key


def fixed_offset(key: str) -> str | None:
    """`UTC-05:00` for a zone that is a mere offset, such as EST or Etc/GMT+5; else None."""
    if key in FIXED or re.fullmatch(r"(?:Etc/)?GMT[+-]?[1-9]\d?", key):
        return _offset(read_zone(key))
    return None


def zone_note(key: str) -> str | None:
    """A warning about a zone that is a mere offset; None for all others, also for UTC."""
    offset = fixed_offset(key)
    if offset is None:
        return None
    reverse = "; the sign in its name is reversed" if key.startswith("Etc/") else ""
    return (
        f"{key} is {offset} all year, without summer time{reverse}. "
        "Where clocks are set, name a place: --zone America/New_York."
    )


def _offset(zone: ZoneInfo) -> str:
    minutes = (datetime(2026, 1, 1, tzinfo=UTC).astimezone(zone).utcoffset() or timedelta()) // (
        timedelta(minutes=1)
    )
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _hint(name: str) -> str:
    if name.upper() in PLACES:
        return f"name a place, such as {PLACES[name.upper()]}"
    if OFFSET.fullmatch(name):
        return "an offset has no summer time; name a place, such as Europe/Berlin"
    ending = "/" + name.replace(" ", "_").lower()
    known = [zone for zone in available_timezones() if f"/{zone}".lower().endswith(ending)]
    if known and name:
        return f"did you mean {min(known, key=lambda zone: (zone.count('/'), zone))}?"
    return "use an IANA name such as Europe/Berlin"
