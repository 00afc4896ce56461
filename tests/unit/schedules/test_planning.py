"""Slots are planned ahead, follow a changed cadence, and exist only once."""

import asyncio
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlmodel import col, select, update

from digest.databases.inserting import insert_missing
from digest.issues.tables import Issue
from digest.store import Store
from schedules.changes import EditionChange
from schedules.editions import update_edition
from schedules.planning import plan
from schedules.slots import mark_composed, move, skip, slot_on
from schedules.states import SlotState
from schedules.tables import Edition, Slot
from tests.unit.schedules.conftest import utc
from tests.zones import zone_rules

TUESDAYS = [
    date(2026, 11, 24),
    date(2026, 12, 1),
    date(2026, 12, 8),
    date(2026, 12, 15),
    date(2026, 12, 22),
]


async def plan_at(store: Store, edition: Edition, now: datetime) -> list[date]:
    async with store.write() as session:
        return [slot.local_date for slot in await plan(session, edition, now)]


async def change(store: Store, now: datetime, **values: object) -> None:
    async with store.write() as session:
        await update_edition(session, "weekly", EditionChange(**values), now)


async def slots_of(store: Store) -> dict[date, Slot]:
    async with store.read() as session:
        slots = await session.exec(select(Slot).order_by(col(Slot.local_date)))
        return {slot.local_date: slot for slot in slots}


async def test_five_weeks_are_planned_with_hour_and_cutoff(
    store: Store, weekly: Edition, now: datetime
) -> None:
    assert await plan_at(store, weekly, now) == TUESDAYS
    slot = (await slots_of(store))[date(2026, 12, 8)]
    assert slot.send_at == utc(2026, 12, 8, 8, 0)
    assert slot.cutoff_at == utc(2026, 12, 7, 17, 0)
    assert slot.state == SlotState.PLANNED


async def test_planning_again_adds_nothing(store: Store, weekly: Edition, now: datetime) -> None:
    await plan_at(store, weekly, now)
    assert await plan_at(store, weekly, now) == []
    assert await plan_at(store, weekly, now + timedelta(days=7)) == [date(2026, 12, 29)]


async def test_two_planners_at_once_make_each_slot_once(
    store: Store, other_store: Store, weekly: Edition, now: datetime
) -> None:
    made = await asyncio.gather(
        plan_at(store, weekly, now), plan_at(other_store, weekly, now), plan_at(store, weekly, now)
    )
    assert sorted(day for days in made for day in days) == TUESDAYS
    assert list(await slots_of(store)) == TUESDAYS


async def test_a_planner_with_an_outdated_view_collides_without_harm(
    store: Store, weekly: Edition, now: datetime
) -> None:
    """As on PostgreSQL, where two planners may both see an empty calendar."""
    await plan_at(store, weekly, now)
    again = Slot(
        edition_id=weekly.id, local_date=TUESDAYS[0], send_at=now, cutoff_at=now, changed_at=now
    )
    async with store.write() as session:
        assert await insert_missing(session, [again]) == []
    assert len(await slots_of(store)) == len(TUESDAYS)


async def test_a_new_edition_gets_no_slots_in_the_past(store: Store, weekly: Edition) -> None:
    an_hour_late = utc(2026, 11, 24, 9, 0)
    assert (await plan_at(store, weekly, an_hour_late))[0] == date(2026, 12, 1)


async def test_dates_that_passed_while_the_machine_was_off_get_their_slots(
    store: Store, weekly: Edition, now: datetime, calendar
) -> None:
    await plan_at(store, weekly, now)
    back_after_eight_weeks = now + timedelta(weeks=8)
    made = await plan_at(store, weekly, back_after_eight_weeks)
    assert made[:3] == [date(2026, 12, 29), date(2027, 1, 5), date(2027, 1, 12)]
    assert len(await calendar()) == 8 + 5


async def test_slots_planned_by_a_clock_years_ahead_do_not_block_the_coming_weeks(
    store: Store, weekly: Edition, now: datetime
) -> None:
    await plan_at(store, weekly, now)
    await plan_at(store, weekly, now + timedelta(days=3650))
    tomorrow = now + timedelta(days=14)
    assert await plan_at(store, weekly, tomorrow) == [date(2026, 12, 29), date(2027, 1, 5)]


async def test_an_inactive_edition_gets_no_slots(
    store: Store, weekly: Edition, now: datetime
) -> None:
    weekly.active = False
    assert await plan_at(store, weekly, now) == []


async def test_slots_in_the_gap_and_across_the_year_follow_the_cadence(store: Store) -> None:
    early = Edition(
        slug="early", name="Early", weekdays="sun", send_time="02:30", zone="Europe/Berlin"
    )
    async with store.write() as session:
        session.add(early)
    await plan_at(store, early, utc(2026, 3, 20))
    assert (await slots_of(store))[date(2026, 3, 29)].send_at == utc(2026, 3, 29, 1, 0)
    assert date(2027, 1, 3) in await plan_at(store, early, utc(2026, 12, 20))


async def test_a_new_hour_moves_planned_slots_only(
    store: Store, weekly: Edition, now: datetime
) -> None:
    await plan_at(store, weekly, now)
    async with store.write() as session:
        await mark_composed(session, await slot_on(session, weekly, TUESDAYS[0]), now)
        await skip(session, await slot_on(session, weekly, TUESDAYS[1]), "holidays", now)
    await change(store, now, send_time="17:30", cutoff_hours=3)
    slots = await slots_of(store)
    assert list(slots) == TUESDAYS
    assert [slot.send_at.hour for slot in slots.values()] == [8, 8, 16, 16, 16]
    assert slots[TUESDAYS[2]].cutoff_at == utc(2026, 12, 8, 13, 30)
    assert slots[TUESDAYS[1]].reason == "holidays"


async def test_a_new_weekday_replaces_planned_slots_only(
    store: Store, weekly: Edition, now: datetime, calendar
) -> None:
    await plan_at(store, weekly, now)
    async with store.write() as session:
        await mark_composed(session, await slot_on(session, weekly, TUESDAYS[0]), now)
    await change(store, now, weekdays="fri")
    days = await calendar()
    assert days.pop(TUESDAYS[0]) == "composed"
    assert all(day.weekday() == 4 for day in days)
    assert len(days) == 5


async def test_a_planned_slot_with_an_issue_is_kept(
    store: Store, weekly: Edition, now: datetime, calendar
) -> None:
    await plan_at(store, weekly, now)
    async with store.write() as session:
        slot = await slot_on(session, weekly, TUESDAYS[0])
        session.add(
            Issue(
                number=1,
                edition_id=weekly.id,
                slot_id=slot.id,
                issue_date=slot.local_date,
                cutoff_at=slot.cutoff_at,
                created_at=now,
                composed_at=now,
            )
        )
    await change(store, now, weekdays="fri")
    days = await calendar()
    assert TUESDAYS[0] in days
    assert TUESDAYS[1] not in days
    assert date(2026, 11, 27) in days


async def test_a_new_hour_that_has_passed_today_leaves_todays_slot_alone(
    store: Store, weekly: Edition
) -> None:
    at_half_past_eight = utc(2026, 11, 24, 7, 30)
    await plan_at(store, weekly, at_half_past_eight)
    await change(store, at_half_past_eight, send_time="08:00")
    slots = await slots_of(store)
    assert slots[TUESDAYS[0]].send_at == utc(2026, 11, 24, 8, 0)
    assert slots[TUESDAYS[1]].send_at == utc(2026, 12, 1, 7, 0)


async def test_a_new_cadence_whose_hour_passed_today_begins_next_week(
    store: Store, weekly: Edition
) -> None:
    await plan_at(store, weekly, utc(2026, 11, 23))
    friday_at_ten = utc(2026, 11, 27, 9, 0)
    await change(store, friday_at_ten, weekdays="fri")
    assert list(await slots_of(store))[:2] == [TUESDAYS[0], date(2026, 12, 4)]


async def test_dates_of_an_inactive_period_get_no_slots_later(
    store: Store, weekly: Edition, now: datetime, calendar
) -> None:
    await plan_at(store, weekly, now)
    await change(store, now + timedelta(weeks=1), active=False)
    assert list(await calendar()) == [TUESDAYS[0]]
    await change(store, now + timedelta(weeks=3), active=True)
    assert list(await calendar())[:2] == [TUESDAYS[0], date(2026, 12, 15)]


async def test_dates_missed_before_a_change_still_get_their_slots(
    store: Store, weekly: Edition, now: datetime, calendar
) -> None:
    await plan_at(store, weekly, now)
    async with store.write() as session:
        await session.exec(update(Slot).values(state=SlotState.SENT))
    await change(store, now + timedelta(weeks=6), weekdays="fri")
    assert date(2026, 12, 29) in await calendar()


async def test_a_daily_edition_is_planned_for_today_and_35_days(store: Store) -> None:
    daily = Edition(slug="daily", name="Daily", weekdays="mon,tue,wed,thu,fri,sat,sun")
    async with store.write() as session:
        session.add(daily)
    planned = await plan_at(store, daily, utc(2026, 11, 20, 8, 0))
    assert (planned[0], planned[-1], len(planned)) == (date(2026, 11, 20), date(2026, 12, 25), 36)


async def test_dates_further_back_than_35_days_stay_without_a_slot(store: Store) -> None:
    daily = Edition(slug="daily", name="Daily", weekdays="mon,tue,wed,thu,fri,sat,sun")
    async with store.write() as session:
        session.add(daily)
    await plan_at(store, daily, utc(2026, 11, 20, 8, 0))
    made = await plan_at(store, daily, utc(2027, 3, 20, 8, 0))
    assert made[0] == date(2027, 2, 13)


async def test_a_planned_slot_whose_hour_has_passed_survives_a_new_cadence(
    store: Store, weekly: Edition, now: datetime, calendar
) -> None:
    await plan_at(store, weekly, now)
    an_hour_late = utc(2026, 11, 24, 9, 0)
    await change(store, an_hour_late, weekdays="fri", cutoff_hours=2)
    assert (await calendar())[TUESDAYS[0]] == "planned"
    assert (await slots_of(store))[TUESDAYS[0]].cutoff_at == utc(2026, 11, 23, 17, 0)


async def test_a_date_that_the_zone_left_out_has_no_slot(store: Store) -> None:
    apia = Edition(slug="apia", name="Apia", weekdays="thu,fri,sat", zone="Pacific/Apia")
    async with store.write() as session:
        session.add(apia)
    planned = await plan_at(store, apia, utc(2011, 12, 28, 12, 0))
    assert planned[:2] == [date(2011, 12, 29), date(2011, 12, 31)]


async def cairo(store: Store) -> Edition:
    edition = Edition(slug="cairo", name="Cairo", send_time="10:00", zone="Africa/Cairo")
    async with store.write() as session:
        session.add(edition)
    return edition


async def test_planned_slots_follow_new_rules_of_their_zone(store: Store, tmp_path: Path) -> None:
    """Egypt brought summer time back in 2023, seven weeks ahead."""
    edition = await cairo(store)
    now = utc(2026, 4, 1)
    with zone_rules(tmp_path, Africa__Cairo="Etc/GMT-2"):
        await plan_at(store, edition, now)
        assert (await slots_of(store))[date(2026, 4, 28)].send_at == utc(2026, 4, 28, 8)
    assert await plan_at(store, edition, now) == []
    slots = await slots_of(store)
    assert slots[date(2026, 4, 28)].send_at == utc(2026, 4, 28, 7)
    assert slots[date(2026, 4, 28)].cutoff_at == utc(2026, 4, 27, 16)
    assert slots[date(2026, 4, 7)].send_at == utc(2026, 4, 7, 8)


async def test_slots_that_are_composed_or_moved_keep_their_time_under_new_rules(
    store: Store, tmp_path: Path
) -> None:
    edition = await cairo(store)
    now = utc(2026, 4, 1)
    with zone_rules(tmp_path, Africa__Cairo="Etc/GMT-2"):
        await plan_at(store, edition, now)
        async with store.write() as session:
            await mark_composed(session, await slot_on(session, edition, date(2026, 4, 28)), now)
            moved = await slot_on(session, edition, date(2026, 5, 5))
            at = utc(2026, 5, 5, 9)
            await move(session, moved, at, now, moved_to="2026-05-05T11:00:00")
    await plan_at(store, edition, now)
    slots = await slots_of(store)
    assert slots[date(2026, 4, 28)].send_at == utc(2026, 4, 28, 8)
    assert slots[date(2026, 5, 5)].send_at == utc(2026, 5, 5, 9)


async def test_new_rules_that_put_the_time_into_the_past_leave_todays_slot_alone(
    store: Store, tmp_path: Path
) -> None:
    edition = await cairo(store)
    with zone_rules(tmp_path, Africa__Cairo="Etc/GMT-2"):
        await plan_at(store, edition, utc(2026, 4, 1))
    await plan_at(store, edition, utc(2026, 4, 28, 7, 30))
    assert (await slots_of(store))[date(2026, 4, 28)].send_at == utc(2026, 4, 28, 8)


async def test_a_moved_slot_survives_a_change_of_the_cadence(
    store: Store, weekly: Edition, now: datetime
) -> None:
    await plan_at(store, weekly, now)
    at = utc(2026, 12, 1, 15)
    async with store.write() as session:
        slot = await slot_on(session, weekly, TUESDAYS[1])
        await move(session, slot, at, now, moved_to="2026-12-01T16:00:00")
    await change(store, now, weekdays="fri", send_time="07:00")
    assert (await slots_of(store))[TUESDAYS[1]].send_at == at
