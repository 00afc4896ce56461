"""One edition with all its settings, its next slot and what is special about the slots to come."""

from datetime import date, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.issues.lookup import issue_of_slot
from digest.services.result import Result
from digest.services.schedule.drift import time_note
from schedules import editions, slots
from schedules.drift import wanted_instant
from schedules.states import Approval, OnUnknown, SlotState
from schedules.tables import Edition, Slot
from schedules.words import city, in_words, when
from schedules.zones import zone_note


class NextSlot(Result):
    """The slot that comes next. `words` puts it plainly: 'Tue 9 Dec 09:00 Berlin, in 3 d 2 h'."""

    date: date
    state: SlotState
    send_at: datetime
    cutoff_at: datetime
    words: str


class EditionDetails(Result):
    """An edition. `cadence` puts it plainly: 'Tue 09:00 Berlin'.

    `next_slot` is None for an inactive edition. `notes` say which of the coming slots are
    moved because clocks are set that day or have another local time than was wanted, and warn
    of a zone that is a mere offset.
    """

    slug: str
    name: str
    active: bool
    weekdays: tuple[str, ...]
    send_time: str
    zone: str
    cutoff_hours: int
    min_items: int
    max_items: int
    max_age_days: int
    grace_hours: int
    give_up_hours: int
    approval: Approval
    on_unknown: OnUnknown
    template: str
    sender: str | None
    reply_to: str | None
    cadence: str
    next_slot: NextSlot | None
    notes: tuple[str, ...]


async def show_edition(app: App, slug: str) -> EditionDetails:
    """One edition with all its settings; raises `ScheduleError` if there is none with that slug."""
    async with app.store.read() as session:
        edition = await editions.get_edition(session, slug)
        return await describe(session, edition, app.clock())


async def describe(session: AsyncSession, edition: Edition, now: datetime) -> EditionDetails:
    """The details of an edition, for use inside other services."""
    coming = await slots.upcoming(session, edition, now)
    unsent = [slot for slot in coming if slot.state in slots.UNSENT]
    settings = {name: getattr(edition, name) for name in Edition.model_fields}
    return EditionDetails(
        **{name: value for name, value in settings.items() if name not in ("id", "weekdays")},
        weekdays=tuple(edition.weekdays.split(",")),
        cadence=_cadence_words(edition),
        next_slot=_next_slot(edition, unsent[0], now) if unsent else None,
        notes=await _notes(session, edition, unsent, now),
    )


def _next_slot(edition: Edition, slot: Slot, now: datetime) -> NextSlot:
    return NextSlot(
        date=slot.local_date,
        state=slot.state,
        send_at=slot.send_at,
        cutoff_at=slot.cutoff_at,
        words=f"{when(slot.send_at, edition.zone, now)}, {in_words(slot.send_at - now)}",
    )


def _cadence_words(edition: Edition) -> str:
    days = ", ".join(day.capitalize() for day in edition.weekdays.split(","))
    inactive = "" if edition.active else " (inactive)"
    return f"{days} {edition.send_time} {city(edition.zone)}{inactive}"


async def _notes(
    session: AsyncSession, edition: Edition, unsent: list[Slot], now: datetime
) -> tuple[str, ...]:
    notes = [zone_note(edition.zone)]
    for slot in unsent:
        assert slot.id is not None
        instant = wanted_instant(edition, slot)
        if instant and instant.note:
            notes.append(f"{instant.date}: {instant.note}")
        notes.append(time_note(edition, slot, await issue_of_slot(session, slot.id), now))
    return tuple(note for note in notes if note)
