"""Slots that go out at another local time than was wanted: shown everywhere, and mailed once."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from digest.app import App
from digest.delivery.states import MailingKind
from digest.delivery.tables import Mailing
from digest.services.actor import Actor
from digest.services.editions.show import show_edition
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.issues.schedule import schedule_issue
from digest.services.schedule.advance import advance
from digest.services.schedule.agenda import AgendaLine, agenda
from schedules.editions import EditionChange, create_edition, get_edition
from schedules.errors import ScheduleError
from schedules.tables import Slot
from tests.unit.services.conftest import Clock
from tests.unit.services.schedule.conftest import mailings
from tests.zones import zone_rules

EDITOR = Actor("editor")
APRIL = date(2026, 4, 28)
# Egypt's rules from 2014 to 2022: no summer time, so 10:00 in April was 08:00 UTC.
OLD_RULES = {"Africa__Cairo": "Etc/GMT-2"}
NOTE = (
    "2026-04-28: goes out Tue 28 Apr 11:00 Cairo, not Tue 28 Apr 10:00 Cairo as the edition says; "
    "to move it, {}`digest issues schedule 1 --at 2026-04-28T10:00`"
)


async def line_of(app: App, day: date) -> AgendaLine:
    return next(line for line in await agenda(app) if line.date == day)


async def notices(app: App) -> list[Mailing]:
    found = await mailings(app, MailingKind.NOTICE)
    return [one for one in found if "goes out" in one.payload["title"]]


@pytest.fixture
async def composed(
    app: App, clock: Clock, add_readers, add_news, set_edition, tmp_path: Path
) -> None:
    """An issue for 28 April at 10:00 in Cairo, composed under the old rules."""
    clock.at = datetime(2026, 4, 27, 12, 0, tzinfo=UTC)
    await add_readers(3)
    await add_news(("Alpha", "Beta"), ("Gamma", "Delta"))
    with zone_rules(tmp_path, **OLD_RULES):
        await set_edition(zone="Africa/Cairo", send_time="10:00")
        await compose_issue(app, EDITOR, "weekly", slot_date=APRIL)


@pytest.mark.usefixtures("composed")
async def test_a_composed_slot_keeps_its_time_and_says_the_new_local_hour(app: App) -> None:
    line = await line_of(app, APRIL)
    assert line.send_at == datetime(2026, 4, 28, 8, 0, tzinfo=UTC)
    assert line.words.startswith("Tue 28 Apr 11:00 Cairo")
    assert line.note == NOTE.format("approve it, then ")
    assert line.note in (await show_edition(app, "weekly")).notes


@pytest.mark.usefixtures("composed")
async def test_the_command_in_the_note_moves_an_approved_issue(app: App) -> None:
    await approve_issue(app, EDITOR, 1)
    assert (await line_of(app, APRIL)).note == NOTE.format("")
    wall = datetime.fromisoformat("2026-04-28T10:00")
    await schedule_issue(app, EDITOR, 1, wall)
    line = await line_of(app, APRIL)
    assert (line.send_at, line.note) == (datetime(2026, 4, 28, 7, 0, tzinfo=UTC), None)


@pytest.mark.usefixtures("composed")
async def test_the_editor_is_told_once_for_each_time_that_was_wanted(app: App, set_edition) -> None:
    for _ in range(3):
        await advance(app)
    (notice,) = await notices(app)
    assert notice.payload["title"] == (
        "Weekly AI Tool Verdicts: the issue of 2026-04-28 goes out Tue 28 Apr 11:00 Cairo"
    )
    assert notice.payload["paragraphs"] == [f"{NOTE.format('approve it, then ')}."]
    await set_edition(send_time="16:00")
    for _ in range(2):
        await advance(app)
    assert len(await notices(app)) == 2


@pytest.mark.usefixtures("composed")
async def test_a_moved_slot_says_so_when_the_rules_of_its_zone_change(
    app: App, tmp_path: Path
) -> None:
    wall = datetime.fromisoformat("2026-04-28T13:30")
    with zone_rules(tmp_path, **OLD_RULES):
        await approve_issue(app, EDITOR, 1)
        await schedule_issue(app, EDITOR, 1, wall)
        assert (await line_of(app, APRIL)).note is None
    assert (await line_of(app, APRIL)).note == (
        "2026-04-28: goes out Tue 28 Apr 14:30 Cairo, not Tue 28 Apr 13:30 Cairo as was set; "
        "to move it, `digest issues schedule 1 --at 2026-04-28T13:30`"
    )


@pytest.mark.usefixtures("composed")
async def test_an_instant_with_an_offset_is_meant_as_it_is(app: App) -> None:
    await approve_issue(app, EDITOR, 1)
    await schedule_issue(app, EDITOR, 1, datetime.fromisoformat("2026-04-28T10:00+02:00"))
    assert (await line_of(app, APRIL)).note is None


@pytest.mark.usefixtures("composed")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"zone": "Europe/Berlin"},
            "goes out Tue 28 Apr 10:00 Berlin, not Tue 28 Apr 15:00 Berlin as the edition says; "
            "to move it, approve it, then `digest issues schedule 1 --at 2026-04-28T15:00`",
        ),
        (
            {"zone": "Africa/Cairo"},
            "goes out Tue 28 Apr 11:00 Cairo, not Tue 28 Apr 15:00 Cairo as the edition says; "
            "to move it, approve it, then `digest issues schedule 1 --at 2026-04-28T15:00`",
        ),
    ],
)
async def test_a_new_zone_or_hour_of_the_edition_says_what_stays_and_what_moves_it(
    app: App, set_edition, change: dict[str, str], words: str
) -> None:
    await set_edition(send_time="15:00", **change)
    assert (await line_of(app, APRIL)).note == f"2026-04-28: {words}"


@pytest.mark.usefixtures("composed")
async def test_a_wanted_time_that_has_passed_names_the_command_that_sends_now(
    app: App, clock: Clock
) -> None:
    clock.at = datetime(2026, 4, 28, 7, 30, tzinfo=UTC)
    note = (await line_of(app, APRIL)).note
    assert note is not None
    assert note.endswith("; that has passed: `digest issues send 1` sends it now")


async def test_a_tick_sees_an_upgrade_of_the_time_zones(
    app: App, clock: Clock, set_edition, tmp_path: Path
) -> None:
    clock.at = datetime(2026, 4, 1, tzinfo=UTC)
    folder = tmp_path / "zones"
    with zone_rules(folder, **OLD_RULES):
        await set_edition(zone="Africa/Cairo", send_time="10:00")
        assert (await line_of(app, APRIL)).send_at == datetime(2026, 4, 28, 8, tzinfo=UTC)
        (folder / "Africa/Cairo").unlink()  # the system's own data come next on the path
        await advance(app)
        assert (await line_of(app, APRIL)).send_at == datetime(2026, 4, 28, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "instant", "note"),
    [
        ("2027-03-28T02:30", "Europe/Berlin", "2027-03-28T01:00:00+00:00", "doesn't exist"),
        ("2027-10-31T02:30", "Europe/Berlin", "2027-10-31T00:30:00+00:00", "comes twice"),
        ("2026-12-09T09:00:30", "Europe/Berlin", "2026-12-09T08:00:30+00:00", None),
    ],
)
async def test_a_time_on_a_day_when_clocks_are_set_is_explained(
    app: App, ready: None, set_edition, at: str, zone: str, instant: str, note: str | None
) -> None:
    await set_edition(zone=zone)
    await compose_issue(app, EDITOR, "weekly")
    await approve_issue(app, EDITOR, 1)
    scheduled = await schedule_issue(app, EDITOR, 1, datetime.fromisoformat(at))
    assert scheduled.send_at == datetime.fromisoformat(instant)
    assert (note is None and scheduled.note is None) or note in (scheduled.note or "")


@pytest.mark.parametrize("at", ["9999-12-31T23:59", "0001-01-01T00:00", "9999-12-31T23:59-11:00"])
async def test_a_year_that_cannot_be_meant_is_refused(app: App, ready: None, at: str) -> None:
    await compose_issue(app, EDITOR, "weekly")
    await approve_issue(app, EDITOR, 1)
    with pytest.raises(ScheduleError, match="cannot be meant"):
        await schedule_issue(app, EDITOR, 1, datetime.fromisoformat(at))


async def test_a_zone_that_is_not_known_here_stops_no_other_edition_and_can_be_replaced(
    app: App, clock: Clock, set_edition
) -> None:
    async with app.store.write() as session:
        await create_edition(session, "other", EditionChange(), clock())
        edition = await get_edition(session, "weekly")
        edition.zone = "US/Pacific-New"  # removed from the tz data in 2020
        session.add(edition)
    clock.forward(days=14)
    await advance(app)
    async with app.store.read() as session:
        other = await get_edition(session, "other")
        found = await session.exec(select(Slot).where(Slot.edition_id == other.id))
        assert max(slot.local_date for slot in found) == date(2027, 1, 5)
    await set_edition(zone="America/Los_Angeles")
    words = {line.edition: line.words for line in await agenda(app) if line.date.day == 15}
    assert words["weekly"].startswith("Tue 15 Dec 09:00 Los Angeles")
