"""An edition as commands and pages show it."""

from datetime import UTC, date, datetime

import pytest

from digest.app import App
from digest.services.editions.list import list_editions
from digest.services.editions.show import NextSlot, show_edition
from schedules.editions import EditionChange, create_edition
from schedules.errors import ScheduleError
from schedules.slots import skip, slot_on
from schedules.states import SlotState
from schedules.tables import Edition
from tests.unit.services.conftest import Clock


async def test_an_edition_has_its_settings_its_cadence_and_its_next_slot(app: App) -> None:
    edition = await show_edition(app, "weekly")
    assert (edition.slug, edition.weekdays, edition.send_time) == ("weekly", ("tue",), "09:00")
    assert (edition.approval, edition.on_unknown) == ("required", "resend")
    assert edition.cadence == "Tue 09:00 UTC"
    assert edition.notes == ()
    assert edition.next_slot == NextSlot(
        date=date(2026, 11, 24),
        state=SlotState.PLANNED,
        send_at=datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
        cutoff_at=datetime(2026, 11, 23, 18, 0, tzinfo=UTC),
        words="Tue 24 Nov 09:00 UTC, in 21 h",
    )


async def test_every_setting_of_an_edition_is_shown(app: App) -> None:
    shown = set((await show_edition(app, "weekly")).model_dump())
    assert shown == {*Edition.model_fields, "cadence", "next_slot", "notes"} - {"id"}


async def test_a_skipped_slot_is_not_the_next_one(app: App, clock: Clock) -> None:
    async with app.store.write() as session:
        edition = Edition(id=1, slug="weekly", name="")
        await skip(session, await slot_on(session, edition, date(2026, 11, 24)), "why", clock())
    next_slot = (await show_edition(app, "weekly")).next_slot
    assert next_slot is not None
    assert next_slot.date == date(2026, 12, 1)


async def test_an_inactive_edition_has_no_next_slot(app: App, set_edition) -> None:
    await set_edition(active=False)
    edition = await show_edition(app, "weekly")
    assert edition.next_slot is None
    assert edition.cadence == "Tue 09:00 UTC (inactive)"


async def test_a_slot_at_a_time_that_does_not_exist_has_a_note(
    app: App, clock: Clock, set_edition
) -> None:
    clock.at = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
    await set_edition(weekdays="sun", send_time="02:30", zone="Europe/Berlin")
    edition = await show_edition(app, "weekly")
    assert edition.notes == ("2026-03-29: 02:30 doesn't exist that day; sending at 03:00.",)


async def test_an_unknown_edition_is_an_error(app: App) -> None:
    with pytest.raises(ScheduleError, match="there is no edition 'monthly'"):
        await show_edition(app, "monthly")


async def test_the_list_has_all_editions_oldest_first(app: App, clock: Clock) -> None:
    async with app.store.write() as session:
        await create_edition(session, "builders", EditionChange(active=False), clock())
    listed = await list_editions(app)
    assert [edition.slug for edition in listed] == ["weekly", "builders"]
    assert listed[0] == await show_edition(app, "weekly")
