"""What an editor decides about one slot of an edition."""

from datetime import UTC, date, datetime

import pytest

from digest.app import App
from digest.errors import Refused, UsageError
from digest.services.issues.compose import compose_issue
from digest.services.schedule.advance import advance
from digest.services.schedule.change_slot import run_anyway, skip, unskip
from digest.services.schedule.standing import Standing
from schedules.editions import EditionChange, create_edition
from schedules.errors import ScheduleError
from schedules.states import SlotState
from tests.readers import EDITOR
from tests.unit.services.conftest import Clock

TUESDAY = date(2026, 11, 24)
AT_THE_HOUR = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


async def test_a_skip_is_recorded_with_its_reason(app: App) -> None:
    line = await skip(app, EDITOR, "weekly", TUESDAY, "a holiday")
    assert (line.edition, line.date) == ("weekly", TUESDAY)
    assert (line.state, line.reason) == (SlotState.SKIPPED, "a holiday")


async def test_without_a_name_the_only_active_edition_is_meant(app: App, clock: Clock) -> None:
    assert (await skip(app, EDITOR, None, TUESDAY, "a holiday")).edition == "weekly"
    async with app.store.write() as session:
        await create_edition(session, "monthly", EditionChange(), clock())
    with pytest.raises(UsageError, match="there are several editions: weekly, monthly"):
        await unskip(app, EDITOR, None, TUESDAY)


async def test_a_slot_taken_back_is_composed_again_if_its_issue_holds_items(
    app: App, add_news
) -> None:
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")
    await skip(app, EDITOR, "weekly", TUESDAY, "a holiday")
    assert (await unskip(app, EDITOR, "weekly", TUESDAY)).state is Standing.NEEDS_APPROVAL


async def test_a_slot_taken_back_without_an_issue_is_planned_again(app: App) -> None:
    await skip(app, EDITOR, "weekly", TUESDAY, "a holiday")
    line = await unskip(app, EDITOR, "weekly", TUESDAY)
    assert (line.state, line.reason) == (SlotState.PLANNED, None)


async def test_a_slot_whose_issue_is_empty_is_planned_again(app: App, clock: Clock) -> None:
    clock.at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    await advance(app)
    assert (await run_anyway(app, EDITOR, "weekly", TUESDAY)).state is Standing.PLANNED


async def test_a_slot_whose_issue_holds_nothing_but_rejected_items_is_planned_again(
    app: App, clock: Clock, add_news, set_edition
) -> None:
    clock.at = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
    await add_news(("Alpha", "Beta"))
    clock.at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    await set_edition(max_age_days=1)
    await advance(app)
    line = await run_anyway(app, EDITOR, "weekly", TUESDAY)
    assert line.issue == 1
    assert line.state is Standing.PLANNED


async def test_after_its_hour_a_skip_can_only_be_run_anyway(app: App, clock: Clock) -> None:
    await skip(app, EDITOR, "weekly", TUESDAY, "a holiday")
    clock.at = AT_THE_HOUR
    with pytest.raises(ScheduleError, match="`digest schedule run-anyway 2026-11-24` sends it now"):
        await unskip(app, EDITOR, "weekly", TUESDAY)
    line = await run_anyway(app, EDITOR, "weekly", TUESDAY)
    assert (line.state, line.send_at) == (SlotState.PLANNED, AT_THE_HOUR)


async def test_a_slot_that_was_not_stopped_cannot_be_run_anyway(app: App) -> None:
    with pytest.raises(Refused, match="the slot of 2026-11-24 is planned already"):
        await run_anyway(app, EDITOR, "weekly", TUESDAY)


async def test_a_slot_that_no_tick_has_planned_yet_can_be_changed(app: App, clock: Clock) -> None:
    clock.forward(days=7)
    beyond_the_last_plan = date(2026, 12, 29)
    line = await skip(app, EDITOR, "weekly", beyond_the_last_plan, "a holiday")
    assert line.date == beyond_the_last_plan


async def test_a_date_without_a_slot_is_an_error(app: App) -> None:
    with pytest.raises(ScheduleError, match="weekly has no slot on 2026-11-25"):
        await skip(app, EDITOR, "weekly", date(2026, 11, 25), "a holiday")
