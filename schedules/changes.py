"""A change to an edition's settings, parsed and checked before it is stored."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from schedules.cadence import Cadence, read_time, read_weekdays, write_weekdays
from schedules.errors import ScheduleError
from schedules.states import Approval, OnUnknown
from schedules.tables import Edition
from schedules.zones import choose_zone

LONGEST_NAME = 200
MOST_HOURS = 24 * 365
NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class EditionChange:
    """New values for an edition's fields; None leaves a field as it is.

    Creating one checks and normalises each value (`Tuesday` → `tue`, `9:00` → `09:00`);
    `apply` checks that they fit together. Both raise `ScheduleError`. An empty `sender` or
    `reply_to` removes the value.
    """

    name: str | None = None
    active: bool | None = None
    weekdays: str | None = None
    send_time: str | None = None
    zone: str | None = None
    cutoff_hours: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    max_age_days: int | None = None
    grace_hours: int | None = None
    give_up_hours: int | None = None
    approval: str | None = None
    on_unknown: str | None = None
    template: str | None = None
    sender: str | None = None
    reply_to: str | None = None

    def __post_init__(self) -> None:
        for field, parse in PARSERS.items():
            value = getattr(self, field)
            if value is not None:
                object.__setattr__(self, field, parse(field, value))

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not self._given()

    def apply(self, edition: Edition) -> None:
        """Set the given fields, if they fit the values that stay; else raise `ScheduleError`."""
        now = {name: getattr(edition, name) for name in Edition.model_fields}
        _check_together(Edition(**{**now, **self._given()}))
        for field, value in self._given().items():
            setattr(edition, field, None if value == "" else value)

    def _given(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


def read_slug(text: str) -> str:
    """Parse an edition's name in commands and URLs: lower-case letters, digits and hyphens."""
    if not NAME.fullmatch(text) or len(text) > LONGEST_NAME:
        raise ScheduleError(f"{text!r} is not a slug; use lower-case letters, digits and hyphens")
    return text


def _check_together(edition: Edition) -> None:
    if edition.min_items > edition.max_items:
        raise ScheduleError(
            f"an issue cannot need at least {edition.min_items} items and hold "
            f"at most {edition.max_items}; change one of the two"
        )
    cadence = Cadence.parse(edition.weekdays, edition.send_time, edition.zone)
    between = cadence.shortest_gap / timedelta(hours=1)
    if edition.cutoff_hours >= between:
        raise ScheduleError(
            f"the cut-off ({edition.cutoff_hours} h) must be shorter than "
            f"the time between two slots ({between:g} h)"
        )


def _option(field: str) -> str:
    return field.replace("_", "-")


def _count(least: int, most: int) -> Callable[[str, int], int]:
    def parse(field: str, value: int) -> int:
        if not least <= value <= most:
            raise ScheduleError(f"{_option(field)} must be from {least} to {most:,}, not {value}")
        return value

    return parse


def _choice(*allowed: str) -> Callable[[str, str], str]:
    def parse(field: str, value: str) -> str:
        if value not in allowed:
            raise ScheduleError(f"{_option(field)} must be {' or '.join(allowed)}, not {value!r}")
        return value

    return parse


def _line(field: str, value: str) -> str:
    line = value.strip()
    if not line.isprintable() or not 0 < len(line) <= LONGEST_NAME:
        raise ScheduleError(f"{_option(field)} must be one line of 1 to {LONGEST_NAME} characters")
    return line


def _mailbox(field: str, value: str) -> str:
    if not value.strip():
        return ""
    """A first look only: the service, which knows addresses, parses it in full."""
    line = value.strip()
    if len(line.splitlines()) > 1:
        raise ScheduleError(f"{_option(field)} must be one line")
    local, _, domain = line.rpartition("@")
    if not (local and domain):
        raise ScheduleError(f"{_option(field)} must be an address or Name <address>, not {value!r}")
    return line


def _folder(field: str, value: str) -> str:
    if not NAME.fullmatch(value):
        raise ScheduleError(f"{value!r} is not a template; name a folder of templates/email")
    return value


PARSERS: dict[str, Callable[[str, Any], Any]] = {
    "name": _line,
    "weekdays": lambda _, text: write_weekdays(read_weekdays(text)),
    "send_time": lambda _, text: f"{read_time(text):%H:%M}",
    "zone": lambda _, text: choose_zone(text),
    "cutoff_hours": _count(0, MOST_HOURS),
    "min_items": _count(1, 100),
    "max_items": _count(1, 100),
    "max_age_days": _count(1, 3650),
    "grace_hours": _count(1, MOST_HOURS),
    "give_up_hours": _count(1, MOST_HOURS),
    "approval": _choice(*Approval),
    "on_unknown": _choice(*OnUnknown),
    "template": _folder,
    "sender": _mailbox,
    "reply_to": _mailbox,
}
