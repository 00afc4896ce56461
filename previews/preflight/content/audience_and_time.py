"""Who gets the issue and when: the audience, the hour, the day."""

from collections.abc import Iterator
from datetime import date, timedelta

from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, in_issue, warning

EARLIEST, LATEST = 6, 21
CHANGE = 0.2
FEW = 20

NOBODY = warning(
    "CNT-070",
    "Nobody would receive it",
    "No reader is subscribed to this edition; sending is refused until there is one.",
    "`digest readers list` shows the readers.",
)
LEFT_OUT = warning(
    "CNT-071",
    "Many subscribers are left out",
    "More than a fifth of the active subscriptions are suppressed or have no address.",
    "`digest readers list` shows why; look for an import that suppressed too many.",
)
AUDIENCE_CHANGED = warning(
    "CNT-072",
    "The audience has changed a lot since the last issue",
    "A fifth more or fewer readers than last time may be the result of a wrong import.",
    "Check `digest readers list` before you approve.",
)
ODD_HOUR = warning(
    "CNT-073",
    "An unusual hour",
    f"Before {EARLIEST}:00 or after {LATEST}:00 in the edition's zone, few read and some are "
    "woken.",
    "`digest issues schedule N --at …`.",
)
HOLIDAY = warning(
    "CNT-074",
    "A holiday",
    "Few people read on that day.",
    "`digest issues schedule N --at …`, or `digest schedule skip DATE`.",
)
OTHER_DAY = warning(
    "CNT-075",
    "The printed date is not the day of sending",
    "Readers would get yesterday's or tomorrow's issue.",
    "Compose it for the right slot, or schedule it for its day.",
)


def audience(facts: Facts) -> Iterator[Finding]:
    """The audience compared with the subscriptions and with the last issue."""
    count = facts.recipients
    if count is None:
        return
    place = in_issue("audience")
    if count == 0:
        yield NOBODY.found("0 readers", place)
        return
    subscribed = facts.subscribed
    if subscribed and subscribed >= FEW and count < (1 - CHANGE) * subscribed:
        yield LEFT_OUT.found(f"{count:,} of {subscribed:,} subscribers would get it", place)
    before = facts.previous_recipients
    if before and before >= FEW and abs(count - before) > CHANGE * before:
        yield AUDIENCE_CHANGED.found(f"{count:,} readers, last time {before:,}", place)


def hour(facts: Facts) -> Iterator[Finding]:
    """Sent at a usual hour, not on a holiday, on the printed date."""
    at = facts.sends_at
    if at is None:
        return
    place = in_issue("hour", f"{at:%Y-%m-%d %H:%M}")
    if not EARLIEST <= at.hour < LATEST:
        yield ODD_HOUR.found(f"{at:%H:%M} in the edition's zone", place)
    if name := holiday(at.date()):
        yield HOLIDAY.found(f"{at:%Y-%m-%d} is {name}", place)
    if facts.issue_date is not None and facts.issue_date != at.date():
        yield OTHER_DAY.found(f"{facts.issue_date} is printed, it goes out on {at:%Y-%m-%d}", place)


def holiday(day: date) -> str | None:
    """The name of a day on which business rests in most English-speaking countries, or None."""
    fixed = {
        (1, 1): "New Year's Day",
        (12, 24): "Christmas Eve",
        (12, 25): "Christmas Day",
        (12, 26): "the day after Christmas",
        (12, 31): "New Year's Eve",
    }
    easter = easter_sunday(day.year)
    movable = {
        easter - timedelta(days=2): "Good Friday",
        easter: "Easter Sunday",
        easter + timedelta(days=1): "Easter Monday",
    }
    return fixed.get((day.month, day.day)) or movable.get(day)


def easter_sunday(year: int) -> date:
    """Easter of the western churches (the anonymous Gregorian algorithm, Nature 1876)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leap, left = divmod(century, 4)
    moon = (19 * golden + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * left + 2 * (rest // 4) - moon - rest % 4) % 7
    shift = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


ISSUE_CHECKS = (audience, hour)
