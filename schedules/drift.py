"""Slots whose time no longer is what was wanted: the zone's rules or the edition changed.

A planned slot follows by itself (see `planning`). One that is composed or approved, or that an
editor moved, stays, because somebody counts on it: they are told, and decide.
"""

from datetime import datetime

from schedules.cadence import Cadence, Instant, find_instant
from schedules.errors import ScheduleError
from schedules.states import SlotState
from schedules.tables import Edition, Slot
from schedules.words import when

WAITING = (SlotState.PLANNED, SlotState.COMPOSED)


def wanted_instant(edition: Edition, slot: Slot) -> Instant | None:
    """When a slot is to go out, by the edition and the rules of its zone as they are now.

    None if that cannot be said: an instant was given, or the date no longer exists.
    """
    cadence = Cadence.parse(edition.weekdays, edition.send_time, edition.zone)
    try:
        if slot.moved_to is None:
            return cadence.instant(slot.local_date)
        at = datetime.fromisoformat(slot.moved_to)
        return None if at.tzinfo else find_instant(at, cadence.zone)
    except ScheduleError:
        return None


def drift_note(
    edition: Edition, slot: Slot, now: datetime, *, issue: int | None, approved: bool
) -> str | None:
    """The local time at which a slot goes out, where another one was wanted, and the command.

    `issue` is the slot's, and `approved` whether it can be scheduled. None: all is well.
    """
    wanted = wanted_instant(edition, slot)
    if slot.state not in WAITING or wanted is None or wanted.at_utc == slot.send_at:
        return None
    source = "was set" if slot.moved_to else "the edition says"
    found, planned = when(slot.send_at, edition.zone, now), when(wanted.at_utc, edition.zone, now)
    said = f"{slot.local_date}: goes out {found}, not {planned} as {source}"
    return f"{said}{_next_step(wanted, now, issue, approved=approved)}"


def _next_step(wanted: Instant, now: datetime, issue: int | None, *, approved: bool) -> str:
    if issue is None:
        return ""
    if wanted.at_utc <= now:
        return f"; that has passed: `digest issues send {issue}` sends it now"
    first = "" if approved else "approve it, then "
    at = f"{wanted.local:%Y-%m-%dT%H:%M}"
    return f"; to move it, {first}`digest issues schedule {issue} --at {at}`"
