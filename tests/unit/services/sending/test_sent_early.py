"""An issue that goes out on another day than its slot's is dated the day it is sent."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from digest.app import App
from digest.delivery.states import Route
from digest.issues.editing import Edit
from digest.issues.lookup import get_issue
from digest.issues.tables import IssueOverride
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.issues.edit import edit_issue
from digest.services.issues.rebuild import rebuild_issue
from digest.services.issues.schedule import schedule_issue
from digest.services.issues.show import show_issue
from digest.services.preflight.check import override_error
from digest.services.sending.messages import MessageWriter
from digest.services.sending.start import send_issue
from tests.readers import EDITOR
from tests.unit.services.conftest import Clock
from tests.workers import ledger_at

AddReaders = Callable[[int], Awaitable[list[int]]]


@pytest.fixture(autouse=True)
async def approved(
    app: App, add_readers: AddReaders, add_news: Callable[..., Awaitable[None]]
) -> None:
    """On Monday, 23 November, an issue for Tuesday, 24 November."""
    await add_readers(1)
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")


async def sent_text(app: App) -> str:
    (claim,) = await ledger_at(app.store, "w").claim([Route.RELAY], 10, app.clock())
    return (await MessageWriter(app).compose(claim, app.clock())).data.decode()


async def test_sent_on_the_day_before_it_carries_that_day(app: App) -> None:
    before = await approve_issue(app, EDITOR, 1)
    assert before.date == "2026-11-24"
    await send_issue(app, EDITOR, 1)
    text = await sent_text(app)
    assert "23 November 2026" in text
    assert "24 November" not in text
    async with app.store.read() as session:
        issue = await get_issue(session, 1)
    assert issue.issue_date == date(2026, 11, 23)
    assert issue.hash != before.hash
    assert (await rebuild_issue(app, 1)).same, "and it is what is on record"


async def test_scheduled_for_another_day_it_carries_that_day_and_back_again(app: App) -> None:
    before = await approve_issue(app, EDITOR, 1)
    later = await schedule_issue(app, EDITOR, 1, datetime(2026, 11, 25, 9, tzinfo=UTC))
    assert (later.date, later.hash != before.hash) == ("2026-11-25", True)
    back = await schedule_issue(app, EDITOR, 1, datetime(2026, 11, 24, 9, tzinfo=UTC))
    assert (back.date, back.hash) == ("2026-11-24", before.hash)


async def test_the_day_is_that_of_the_edition_s_zone(
    app: App, clock: Clock, set_edition: Callable[..., Awaitable[None]]
) -> None:
    await set_edition(zone="Asia/Tokyo")
    await approve_issue(app, EDITOR, 1)
    clock.at = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)  # half past one on Tuesday there
    await send_issue(app, EDITOR, 1)
    assert "24 November 2026" in await sent_text(app)


async def test_sent_on_its_day_nothing_is_compiled_again(app: App, clock: Clock) -> None:
    before = await approve_issue(app, EDITOR, 1)
    clock.at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    await send_issue(app, EDITOR, 1)
    assert (await show_issue(app, 1)).hash == before.hash


async def test_what_was_overridden_stays_overridden(app: App) -> None:
    await edit_issue(app, EDITOR, 1, Edit(sentence="A week of TODO apps."))
    await override_error(app, EDITOR, 1, "CNT-021", reason="it is their name")
    await approve_issue(app, EDITOR, 1)
    await schedule_issue(app, EDITOR, 1, datetime(2026, 11, 25, 9, tzinfo=UTC))
    await send_issue(app, EDITOR, 1)
    async with app.store.read() as session:
        issue = await get_issue(session, 1)
        rows = (await session.exec(select(IssueOverride))).all()
    assert {row.hash for row in rows} == {issue.hash}
