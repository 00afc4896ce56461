"""What a tick does, with a clock that the test moves.

The edition goes out on Tuesdays at 09:00 UTC; its cut-off is Monday 18:00.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import select

from digest.app import App
from digest.delivery.states import MailingKind
from digest.errors import Refused
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.schedule import agenda, change_slot
from digest.services.schedule.advance import advance
from digest.services.sending import control, start
from digest.store import open_store
from schedules.states import Approval, SlotState
from schedules.tables import Slot
from tests.readers import EDITOR
from tests.unit.services.conftest import Clock
from tests.unit.services.schedule.conftest import (
    TUESDAY,
    AddNews,
    AddReaders,
    SetEdition,
    deliveries,
    mailings,
    slot_of,
)


@pytest.mark.usefixtures("ready")
async def test_nothing_happens_before_the_cut_off(app: App, clock: Clock) -> None:
    clock.at = datetime(2026, 11, 23, 17, 59, tzinfo=UTC)
    await advance(app)
    assert (await slot_of(app)).state == SlotState.PLANNED


@pytest.mark.usefixtures("ready")
async def test_a_slot_is_composed_at_its_cut_off_approved_and_sent_at_its_hour(
    app: App, clock: Clock
) -> None:
    clock.at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    await advance(app)
    assert (await slot_of(app)).state == SlotState.COMPOSED
    issue = await approve_issue(app, EDITOR, 1)
    assert issue.state == IssueState.SCHEDULED
    clock.at = datetime(2026, 11, 24, 8, 59, tzinfo=UTC)
    await advance(app)
    assert await mailings(app) == []
    clock.at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    await advance(app)
    assert (await slot_of(app)).state == SlotState.SENT
    assert await deliveries(app) == 3


@pytest.mark.usefixtures("ready")
async def test_an_edition_with_automatic_approval_sends_without_an_editor(
    app: App, clock: Clock, set_edition: SetEdition
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    clock.at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    await advance(app)
    clock.at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    await advance(app)
    assert await deliveries(app) == 3


@pytest.mark.usefixtures("ready")
async def test_many_ticks_send_once(app: App, clock: Clock, set_edition: SetEdition) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    for hour in range(18, 24):
        clock.at = datetime(2026, 11, 23, hour, 0, tzinfo=UTC)
        await advance(app)
    for minute in range(0, 60, 7):
        clock.at = datetime(2026, 11, 24, 9, minute, tzinfo=UTC)
        await advance(app)
    assert len(await mailings(app)) == 1


@pytest.mark.usefixtures("ready")
async def test_two_processes_on_one_database_send_once(
    app: App, clock: Clock, set_edition: SetEdition
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    other = replace(app, store=open_store(str(app.store.engine.url)))
    for at in (
        datetime(2026, 11, 23, 18, 0, tzinfo=UTC),
        datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
    ):
        clock.at = at
        await asyncio.gather(*(advance(which) for which in (app, other) * 3))
    await other.store.close()
    assert len(await mailings(app)) == 1
    assert await deliveries(app) == 3


async def test_too_few_items_skip_the_slot_and_notify_the_editor(
    app: App, clock: Clock, add_readers: AddReaders
) -> None:
    await add_readers(1)
    clock.at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    await advance(app)
    slot = await slot_of(app)
    assert slot.state == SlotState.SKIPPED
    assert slot.reason == "0 new comparisons, the edition needs 1 (0 candidates considered)"
    [notice] = await mailings(app, MailingKind.NOTICE)
    assert "skipped" in notice.payload["paragraphs"][0]


async def test_a_skipped_slot_can_be_run_anyway_once_there_are_items(
    app: App, clock: Clock, add_readers: AddReaders, add_news: AddNews, set_edition: SetEdition
) -> None:
    await add_readers(1)
    await set_edition(approval=Approval.AUTOMATIC)
    clock.at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    await advance(app)
    clock.forward(hours=-2)
    await add_news(("Alpha", "Beta"))
    clock.forward(hours=4)
    await change_slot.run_anyway(app, EDITOR, "weekly", TUESDAY)
    await advance(app)
    clock.at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    await advance(app)
    assert await deliveries(app) == 1


@pytest.mark.usefixtures("ready")
async def test_a_slot_due_while_the_machine_was_off_runs_once_within_its_grace(
    app: App, clock: Clock, set_edition: SetEdition
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    clock.at = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    await advance(app)
    await advance(app)
    assert (await slot_of(app)).state == SlotState.SENT
    assert len(await mailings(app)) == 1


@pytest.mark.usefixtures("ready")
async def test_past_its_grace_a_slot_is_missed_and_the_editor_is_notified(
    app: App, clock: Clock, set_edition: SetEdition
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    clock.at = datetime(2026, 11, 24, 21, 1, tzinfo=UTC)
    await advance(app)
    assert (await slot_of(app)).state == SlotState.MISSED
    assert await mailings(app) == []
    [notice] = await mailings(app, MailingKind.NOTICE)
    assert "missed" in notice.payload["title"]
    lines = await agenda.agenda(app)
    assert (lines[0].date, lines[0].state) == (TUESDAY, "missed")


@pytest.mark.usefixtures("ready")
async def test_a_missed_slot_that_is_run_anyway_goes_out_once(
    app: App, clock: Clock, set_edition: SetEdition
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    clock.at = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    await advance(app)
    await change_slot.run_anyway(app, EDITOR, "weekly", TUESDAY)
    for _ in range(3):
        await advance(app)
    assert len(await mailings(app)) == 1
    [mailing] = await mailings(app)
    assert mailing.give_up_at > clock() + (mailing.give_up_at - clock()) / 2
    assert (mailing.give_up_at - clock()).total_seconds() == 48 * 3600


@pytest.mark.usefixtures("ready")
async def test_an_issue_without_approval_is_held_and_goes_out_when_approved_in_time(
    app: App, clock: Clock
) -> None:
    clock.at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    await advance(app)
    clock.at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    await advance(app)
    slot = await slot_of(app)
    assert (slot.state, slot.reason) == (SlotState.HELD, "waiting for approval")
    titles = [notice.payload["title"] for notice in await mailings(app, MailingKind.NOTICE)]
    assert any(title.endswith("the issue of 2026-11-24 was held") for title in titles)
    clock.forward(hours=2)
    await approve_issue(app, EDITOR, 1)
    await advance(app)
    assert await deliveries(app) == 3


@pytest.mark.usefixtures("ready")
async def test_an_approval_long_after_the_grace_does_not_send_by_itself(
    app: App, clock: Clock
) -> None:
    clock.at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    await advance(app)
    clock.at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    await advance(app)
    clock.forward(hours=40)
    await approve_issue(app, EDITOR, 1)
    await advance(app)
    assert await mailings(app) == []
    await change_slot.run_anyway(app, EDITOR, "weekly", TUESDAY)
    await advance(app)
    assert await deliveries(app) == 3


@pytest.mark.usefixtures("ready")
async def test_without_a_relay_the_slot_is_held_and_no_delivery_is_made(
    app: App, clock: Clock, set_edition: SetEdition
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    app = replace(app, settings=app.settings.model_copy(update={"smtp_url": None}))
    clock.at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    await advance(app)
    slot = await slot_of(app)
    assert slot.state == SlotState.HELD
    assert "DIGEST_SMTP_URL" in (slot.reason or "")
    assert await deliveries(app) == 0
    async with app.store.read() as session:
        issue = (await session.exec(select(Issue))).one()
    assert issue.state == IssueState.SCHEDULED


@pytest.mark.usefixtures("ready")
async def test_a_skip_by_the_editor_stays_until_it_is_taken_back(app: App, clock: Clock) -> None:
    await change_slot.skip(app, EDITOR, "weekly", TUESDAY, "a holiday")
    clock.at = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
    await advance(app)
    assert (await slot_of(app)).state == SlotState.SKIPPED
    await change_slot.unskip(app, EDITOR, "weekly", TUESDAY)
    await advance(app)
    assert (await slot_of(app)).state == SlotState.COMPOSED


@pytest.mark.usefixtures("ready")
async def test_a_clock_that_jumped_back_sends_nothing_until_it_has_caught_up(
    app: App, clock: Clock, set_edition: SetEdition
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    clock.at = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    await advance(app)
    async with app.store.write() as session:
        slot = (await session.exec(select(Slot).where(Slot.local_date == TUESDAY))).one()
        slot.send_at = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
        session.add(slot)
    clock.at = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    await advance(app)
    assert await mailings(app) == []
    clock.at = datetime(2026, 11, 23, 23, 1, tzinfo=UTC)
    await advance(app)
    assert len(await mailings(app)) == 1


@pytest.mark.usefixtures("ready")
async def test_a_cancelled_issue_leaves_its_slot_skipped(app: App, clock: Clock) -> None:
    clock.at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    await advance(app)
    await approve_issue(app, EDITOR, 1)
    await control.cancel_issue(app, EDITOR, 1)
    clock.at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    await advance(app)
    assert await mailings(app) == []
    slot = await slot_of(app)
    assert slot.state == SlotState.SKIPPED
    assert slot.reason == "issue 1 was cancelled"


@pytest.mark.usefixtures("ready")
async def test_an_issue_that_an_editor_sent_is_not_sent_again_by_the_clock(
    app: App, clock: Clock
) -> None:
    await compose_issue(app, EDITOR, "weekly")
    await approve_issue(app, EDITOR, 1)
    await start.send_issue(app, EDITOR, 1)
    with pytest.raises(Refused, match="already sending"):
        await start.send_issue(app, EDITOR, 1)
    clock.at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    await advance(app)
    assert len(await mailings(app)) == 1


@pytest.mark.parametrize(
    ("zone", "day", "local_time", "instant"),
    [
        # Spring: 02:30 does not exist in Berlin on 29 March 2026; the next valid minute is 03:00.
        ("Europe/Berlin", date(2026, 3, 29), "02:30", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        # Autumn: 02:30 happens twice in Berlin on 25 October 2026; the first one counts.
        ("Europe/Berlin", date(2026, 10, 25), "02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
async def test_on_days_when_clocks_are_set_an_issue_goes_out_once_at_the_right_instant(
    app: App,
    clock: Clock,
    add_readers: AddReaders,
    add_news: AddNews,
    set_edition: SetEdition,
    zone: str,
    day: date,
    local_time: str,
    instant: datetime,
) -> None:
    clock.at = datetime.combine(day, datetime.min.time(), UTC).replace(hour=0) - (
        datetime(2026, 1, 3, tzinfo=UTC) - datetime(2026, 1, 1, tzinfo=UTC)
    )
    changes: dict[str, Any] = {
        "approval": Approval.AUTOMATIC,
        "weekdays": "sun",
        "zone": zone,
        "send_time": local_time,
    }
    await set_edition(**changes)
    await add_readers(1)
    await add_news(("Alpha", "Beta"))
    sent_at = None
    clock.at = instant.replace(hour=0, minute=0)
    for _ in range(0, 4 * 60, 5):
        await advance(app)
        if sent_at is None and await mailings(app):
            sent_at = clock()
        clock.forward(minutes=5)
    assert sent_at == instant
    assert len(await mailings(app)) == 1
