"""What the agenda shows: slots to come, those that wait for a decision, and their readers."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import col, select, update

from digest.app import App
from digest.delivery.states import DeliveryState, MailingKind, MailingState
from digest.delivery.tables import Delivery, Mailing
from digest.services.issues.approve import approve_issue
from digest.services.schedule.advance import advance
from digest.services.schedule.agenda import AgendaLine, agenda, read_agenda
from digest.services.sending import control
from digest.services.sending.housekeeping import follow
from schedules.editions import EditionChange, create_edition
from schedules.states import SlotState
from tests.readers import EDITOR
from tests.unit.services.conftest import Clock
from tests.unit.services.schedule.conftest import mailings

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
    assert (first.issue, first.issue_state, first.state) == (1, "draft", "needs approval")
    assert first.needs == "needs your approval by Tue 24 Nov 09:00 UTC"
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
    [line] = [line for line in lines if line.date == TUESDAY]
    assert (line.state, line.needs) == (
        SlotState.HELD,
        "`digest schedule run-anyway 2026-11-24` brings it back",
    )


async def test_a_missed_slot_is_shown_for_five_weeks(app: App, clock: Clock) -> None:
    clock.at = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    await advance(app)

    async def days() -> list[date]:
        return [line.date for line in await read_agenda(app)]

    clock.at = datetime(2026, 12, 29, 9, 0, tzinfo=UTC)
    assert TUESDAY in await days()
    clock.forward(minutes=1)
    assert TUESDAY not in await days()


async def first_line(app: App) -> AgendaLine:
    return (await read_agenda(app))[0]


@pytest.fixture
async def composed(app: App, clock: Clock, add_readers, add_news) -> None:
    """The slot of Tuesday at its cut-off, on Monday evening."""
    await add_readers(3)
    await add_news(("Alpha", "Beta"))
    clock.at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    await advance(app)


@pytest.fixture
async def sending(app: App, clock: Clock, composed: None) -> None:
    """The same, approved, and begun at its hour; one of three has it."""
    await approve_issue(app, EDITOR, 1)
    clock.at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    await advance(app)
    async with app.store.write() as session:
        first = (await session.exec(select(Delivery).order_by(col(Delivery.id)))).all()[-1]
        first.state = DeliveryState.ACCEPTED
        session.add(first)


async def test_a_slot_looks_different_once_its_issue_is_approved(app: App, composed: None) -> None:
    before = await first_line(app)
    assert (before.state, before.needs) == (
        "needs approval",
        "needs your approval by Tue 24 Nov 09:00 UTC",
    )
    await approve_issue(app, EDITOR, 1)
    after = await first_line(app)
    assert (after.state, after.needs) == ("approved", None)


async def test_the_editor_is_told_until_when_an_issue_needs_approval(
    app: App, composed: None
) -> None:
    await advance(app)
    [notice] = await mailings(app, MailingKind.NOTICE)
    assert notice.payload["title"].endswith("issue 1 needs your approval by Tue 24 Nov 09:00 UTC")


async def test_a_slot_whose_issue_is_being_sent_is_not_called_sent(
    app: App, clock: Clock, sending: None
) -> None:
    clock.forward(minutes=5)
    line = await first_line(app)
    assert (line.state, line.words) == ("sending", "Tue 24 Nov 09:00 UTC, begun 5 min ago")


async def test_a_slot_whose_issue_is_paused_says_so_and_why(
    app: App, clock: Clock, sending: None
) -> None:
    await control.pause_issue(app, EDITOR, 1, "a wrong figure")
    line = await first_line(app)
    assert (line.state, line.reason) == ("paused", "a wrong figure")
    assert line.needs == "`digest issues resume 1` goes on with it"
    assert "sent" not in line.words


async def test_a_slot_whose_issue_was_cancelled_while_it_was_sent_says_so(
    app: App, clock: Clock, sending: None
) -> None:
    await control.cancel_issue(app, EDITOR, 1, "a wrong figure")
    line = await first_line(app)
    assert (line.state, line.issue, line.reason) == ("cancelled", 1, "a wrong figure")
    assert "sent" not in line.words


async def test_a_slot_is_sent_when_its_issue_is(app: App, clock: Clock, sending: None) -> None:
    done = clock.forward(minutes=5)
    async with app.store.write() as session:
        await session.exec(
            update(Mailing)
            .where(col(Mailing.kind) == MailingKind.ISSUE)
            .values(state=MailingState.FINISHED, finished_at=done)
        )
        await follow(session, app, done)
    clock.forward(minutes=2)
    line = await first_line(app)
    assert (line.state, line.words) == ("sent", "Tue 24 Nov 09:00 UTC, sent 2 min ago")
