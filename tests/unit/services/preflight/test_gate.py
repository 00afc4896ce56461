"""The check goes on beside the database, and counts only for what it looked at."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlmodel import select

from digest.app import App
from digest.delivery.states import MailingKind
from digest.delivery.tables import Mailing
from digest.errors import Refused
from digest.issues.editing import Edit
from digest.issues.lookup import get_issue
from digest.issues.states import IssueState
from digest.rendering.content.issue_content import Flip
from digest.services.issues import publishing
from digest.services.preflight import gate, inspection
from digest.services.preflight.check import override_error
from digest.services.preflight.gate import PreflightFailed
from digest.services.schedule import change_slot
from digest.services.schedule.advance import advance
from digest.services.sending import control, start
from digest.store import Queue
from previews.preflight.checks import Preflight
from schedules.states import Approval, SlotState
from schedules.tables import Slot
from tests.readers import EDITOR

from ..conftest import Clock

AddNews = Callable[..., Awaitable[None]]
Meanwhile = Callable[..., None]
SLOT = datetime(2026, 11, 24, 9, tzinfo=UTC)
PLACEHOLDER = Edit(sentence="A week of TK tools, and one more.")
FLIP = Flip.model_validate(
    {"name": "Alpha", "before": "skip", "after": "ship", "on": "2026-11-20", "why": ""}
)


@pytest.fixture(autouse=True)
async def draft(
    app: App, add_news: AddNews, add_readers: Callable[[int], Awaitable[list[int]]]
) -> None:
    await add_readers(1)
    await add_news(("Alpha", "Beta"))
    await publishing.compose(app, "weekly")


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Something that happens after each check, before its transaction begins."""

    def happens(*things: Callable[[], Awaitable[object]]) -> None:
        left = list(things)

        async def inspect(*args: Any, **options: Any) -> inspection.Inspection:
            done = await inspection.inspect(*args, **options)
            if left:
                await left.pop(0)()
            return done

        monkeypatch.setattr(gate, "inspect", inspect)

    return happens


async def state_of(app: App) -> str:
    async with app.store.read() as session:
        return (await get_issue(session, 1)).state


async def test_an_issue_spoiled_since_its_check_is_not_approved(
    app: App, meanwhile: Meanwhile
) -> None:
    meanwhile(lambda: publishing.edit(app, 1, PLACEHOLDER))
    with pytest.raises(PreflightFailed, match="CNT-021"):
        await publishing.approve(app, 1, by="me")
    assert await state_of(app) == IssueState.DRAFT


async def test_an_issue_mended_since_its_check_is_approved_as_it_is_now(
    app: App, meanwhile: Meanwhile
) -> None:
    await publishing.edit(app, 1, PLACEHOLDER)
    meanwhile(lambda: publishing.edit(app, 1, Edit(sentence="Mended in time.")))
    issue = (await publishing.approve(app, 1, by="me")).issue
    assert issue.content
    assert issue.content["sentence"] == "Mended in time."


async def test_an_issue_that_never_holds_still_is_refused_with_the_next_step(
    app: App, meanwhile: Meanwhile
) -> None:
    edits = [Edit(sentence=f"The sentence no. {number}.") for number in range(9)]
    meanwhile(*(lambda edit=edit: publishing.edit(app, 1, edit) for edit in edits))
    with pytest.raises(Refused, match=r"was changed each time .* try again when"):
        await publishing.approve(app, 1, by="me")
    assert await state_of(app) == IssueState.DRAFT


async def test_the_clock_leaves_an_issue_that_never_holds_still_to_its_next_tick(
    app: App,
    meanwhile: Meanwhile,
    clock: Clock,
    set_edition: Callable[..., Awaitable[None]],
    add_news: AddNews,
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    await control.cancel(app, 1)
    await change_slot.unskip(app, EDITOR, "weekly", SLOT.date())
    pairs = [(f"Left {number}", f"Right {number}") for number in range(gate.MOST_CHECKS)]
    meanwhile(*(lambda pair=pair: add_news(pair) for pair in pairs))
    clock.at = SLOT - timedelta(hours=15)
    for state in (SlotState.PLANNED, SlotState.COMPOSED):
        await advance(app)
        async with app.store.read() as session:
            [slot] = await session.exec(select(Slot).where(Slot.local_date == SLOT.date()))
            notices = select(Mailing).where(Mailing.kind == MailingKind.NOTICE)
            assert (await session.exec(notices)).all() == []
        assert (slot.state, slot.reason) == (state, None)


async def test_an_extra_issue_that_never_holds_still_is_left_to_the_next_tick(
    app: App, clock: Clock, monkeypatch: pytest.MonkeyPatch, add_news: AddNews
) -> None:
    await add_news(("Gamma", "Delta"))
    await publishing.compose(app, "weekly", extra=True)
    await publishing.approve(app, 2, by="me")
    await publishing.schedule(app, 2, clock() + timedelta(hours=1))
    clock.forward(hours=1)
    times = count()

    async def flips_of(*_: object) -> list[Flip]:
        return [FLIP.model_copy(update={"name": f"Alpha {next(times)}"})]

    with monkeypatch.context() as restless:
        restless.setattr("digest.services.preflight.facts.flips_of", flips_of)
        await advance(app)
    async with app.store.read() as session:
        issue = await get_issue(session, 2)
    assert (issue.state, issue.state_reason) == (IssueState.SCHEDULED, None)
    await advance(app)
    async with app.store.read() as session:
        assert (await get_issue(session, 2)).state == IssueState.SENDING


async def test_an_override_given_during_the_check_counts(app: App, meanwhile: Meanwhile) -> None:
    await publishing.edit(app, 1, PLACEHOLDER)
    meanwhile(lambda: override_error(app, 1, "CNT-021", by="Ann", reason="its real name"))
    assert await publishing.approve(app, 1, by="me")


async def test_circumstances_that_change_during_the_check_of_a_sending_are_looked_at_again(
    app: App, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publishing.approve(app, 1, by="me")

    async def flips() -> None:
        async def flips_of(*_: object) -> list[Flip]:
            return [FLIP]

        monkeypatch.setattr("digest.services.preflight.facts.flips_of", flips_of)

    meanwhile(flips)
    with pytest.raises(PreflightFailed, match="CNT-061"):
        await start.send(app, 1)
    assert await state_of(app) == IssueState.SCHEDULED


async def test_an_issue_reopened_during_the_check_of_its_schedule_is_a_draft(
    app: App, meanwhile: Meanwhile, clock: Clock
) -> None:
    await publishing.approve(app, 1, by="me")
    meanwhile(lambda: publishing.edit(app, 1, None))
    at = clock()
    with pytest.raises(Refused, match="is a draft; approve it first"):
        await publishing.schedule(app, 1, at.replace(year=at.year + 1))


async def test_an_automatic_approval_looks_again_at_what_came_during_its_check(
    app: App,
    meanwhile: Meanwhile,
    set_edition: Callable[..., Awaitable[None]],
    add_news: AddNews,
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    meanwhile(lambda: add_news(("Gamma", "Delta")))
    await publishing.compose(app, "weekly")
    async with app.store.read() as session:
        issue = await get_issue(session, 1)
    assert issue.content
    assert len(issue.content["cards"]) == 2


async def test_others_write_while_an_issue_is_checked(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    checking, written = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def run(*_: object) -> Preflight:
        loop.call_soon_threadsafe(checking.set)
        asyncio.run_coroutine_threadsafe(written.wait(), loop).result(10)
        return Preflight(())

    monkeypatch.setattr(inspection, "run", run)
    approving = asyncio.create_task(publishing.approve(app, 1, by="me"))
    await asyncio.wait_for(checking.wait(), 10)
    async with app.store.write(Queue.EDITING) as session:
        issue = await get_issue(session, 1)
        session.add(issue)
    written.set()
    assert (await approving).issue.state == IssueState.SCHEDULED
