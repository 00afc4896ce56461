"""What the agenda shows: slots to come, those that wait for a decision, and their readers."""

from datetime import UTC, date, datetime

from digest.app import App
from digest.services.schedule.advance import advance
from digest.services.schedule.agenda import agenda, read_agenda
from schedules.editions import EditionChange, create_edition
from schedules.states import SlotState
from tests.unit.services.conftest import Clock

TUESDAY = date(2026, 11, 24)


async def test_slots_of_all_editions_are_sorted_by_hour(app: App, clock: Clock) -> None:
    async with app.store.write() as session:
        change = EditionChange(weekdays="mon", send_time="18:00")
        await create_edition(session, "monday", change, clock())
    lines = await agenda(app)
    assert [(line.edition, line.date.isoformat()) for line in lines[:3]] == [
        ("monday", "2026-11-23"),
        ("weekly", "2026-11-24"),
        ("monday", "2026-11-30"),
    ]


async def test_a_line_names_the_issue_and_the_readers_of_its_edition(
    app: App, clock: Clock, add_readers, add_news
) -> None:
    await add_readers(3)
    await add_news(("Alpha", "Beta"))
    clock.at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    await advance(app)
    first, second, *_ = await agenda(app)
    assert (first.issue, first.issue_state, first.state) == (1, "draft", SlotState.COMPOSED)
    assert first.words == "Tue 24 Nov 09:00 UTC, 3 readers, in 15 h"
    assert (second.issue, second.issue_state, second.readers) == (None, None, 3)


async def test_the_agenda_plans_what_no_tick_has_planned_and_reading_does_not(
    app: App, clock: Clock
) -> None:
    planned = len(await read_agenda(app))
    clock.forward(days=7)
    assert len(await read_agenda(app)) == planned - 1
    assert len(await agenda(app)) == planned


async def test_a_slot_that_is_held_within_its_grace_is_shown_once(
    app: App, clock: Clock, add_news
) -> None:
    await add_news(("Alpha", "Beta"))
    for clock.at in (datetime(2026, 11, 23, 18, tzinfo=UTC), datetime(2026, 11, 24, 9, tzinfo=UTC)):
        await advance(app)
    lines = await agenda(app)
    assert [line.state for line in lines if line.date == TUESDAY] == [SlotState.HELD]


async def test_a_missed_slot_is_shown_for_five_weeks(app: App, clock: Clock) -> None:
    clock.at = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    await advance(app)

    async def days() -> list[date]:
        return [line.date for line in await read_agenda(app)]

    clock.at = datetime(2026, 12, 29, 9, 0, tzinfo=UTC)
    assert TUESDAY in await days()
    clock.forward(minutes=1)
    assert TUESDAY not in await days()
