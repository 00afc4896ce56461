"""The check goes on beside the database, and counts only for what it looked at."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlmodel import select

from digest.app import App
from digest.catalogue.editing import withdraw
from digest.delivery.states import MailingKind
from digest.delivery.tables import Mailing
from digest.errors import Refused
from digest.issues.editing import Edit
from digest.issues.lookup import get_issue
from digest.issues.states import IssueState
from digest.rendering.content.issue_content import Flip
from digest.services.actor import Actor, Channel
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.issues.edit import edit_issue
from digest.services.issues.schedule import schedule_issue
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
    await compose_issue(app, EDITOR, "weekly")


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


async def state_of(app: App, number: int = 1) -> str:
    async with app.store.read() as session:
        return (await get_issue(session, number)).state


async def test_an_issue_spoiled_since_its_check_is_not_approved(
    app: App, meanwhile: Meanwhile
) -> None:
    meanwhile(lambda: edit_issue(app, EDITOR, 1, PLACEHOLDER))
    with pytest.raises(PreflightFailed, match="CNT-021"):
        await approve_issue(app, EDITOR, 1)
    assert await state_of(app) == IssueState.DRAFT


async def test_an_issue_mended_since_its_check_is_approved_as_it_is_now(
    app: App, meanwhile: Meanwhile
) -> None:
    await edit_issue(app, EDITOR, 1, PLACEHOLDER)
    meanwhile(lambda: edit_issue(app, EDITOR, 1, Edit(sentence="Mended in time.")))
    assert (await approve_issue(app, EDITOR, 1)).sentence == "Mended in time."


async def test_an_issue_that_never_holds_still_is_refused_with_the_next_step(
    app: App, meanwhile: Meanwhile
) -> None:
    edits = [Edit(sentence=f"The sentence no. {number}.") for number in range(9)]
    meanwhile(*(lambda edit=edit: edit_issue(app, EDITOR, 1, edit) for edit in edits))
    with pytest.raises(Refused, match=r"was changed each time .* try again when"):
        await approve_issue(app, EDITOR, 1)
    assert await state_of(app) == IssueState.DRAFT


async def test_the_clock_leaves_an_issue_that_never_holds_still_to_its_next_tick(
    app: App,
    meanwhile: Meanwhile,
    clock: Clock,
    set_edition: Callable[..., Awaitable[None]],
    add_news: AddNews,
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    await control.cancel_issue(app, EDITOR, 1)
    await change_slot.unskip(app, EDITOR, "weekly", SLOT.date())
    edits = [Edit(sentence=f"The sentence no. {number}.") for number in range(gate.MOST_CHECKS)]
    meanwhile(*(lambda edit=edit: edit_issue(app, EDITOR, 2, edit) for edit in edits))
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
    await compose_issue(app, EDITOR, "weekly", extra=True)
    await approve_issue(app, EDITOR, 2)
    await schedule_issue(app, EDITOR, 2, clock() + timedelta(hours=1))
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
    await edit_issue(app, EDITOR, 1, PLACEHOLDER)
    meanwhile(
        lambda: override_error(
            app, Actor(Channel.COMMAND_LINE, "Ann"), 1, "CNT-021", reason="its real name"
        )
    )
    assert await approve_issue(app, EDITOR, 1)


async def test_circumstances_that_change_during_the_check_of_a_sending_are_looked_at_again(
    app: App, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    await approve_issue(app, EDITOR, 1)

    async def flips() -> None:
        async def flips_of(*_: object) -> list[Flip]:
            return [FLIP]

        monkeypatch.setattr("digest.services.preflight.facts.flips_of", flips_of)

    meanwhile(flips)
    with pytest.raises(PreflightFailed, match="CNT-061"):
        await start.send_issue(app, EDITOR, 1)
    assert await state_of(app) == IssueState.SCHEDULED


async def test_an_issue_reopened_during_the_check_of_its_schedule_is_a_draft(
    app: App, meanwhile: Meanwhile, clock: Clock
) -> None:
    await approve_issue(app, EDITOR, 1)
    meanwhile(lambda: edit_issue(app, EDITOR, 1, None))
    at = clock()
    with pytest.raises(Refused, match="is a draft; approve it first"):
        await schedule_issue(app, EDITOR, 1, at.replace(year=at.year + 1))


async def test_an_automatic_approval_checks_again_what_was_edited_during_its_check(
    app: App, meanwhile: Meanwhile, set_edition: Callable[..., Awaitable[None]]
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    meanwhile(lambda: edit_issue(app, EDITOR, 1, Edit(sentence="Edited in time.")))
    approved = await compose_issue(app, EDITOR, "weekly")
    assert (approved.state, approved.sentence) == (IssueState.SCHEDULED, "Edited in time.")


async def test_an_automatic_approval_leaves_what_an_editor_spoiled_during_its_check_a_draft(
    app: App, meanwhile: Meanwhile, set_edition: Callable[..., Awaitable[None]]
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    meanwhile(lambda: edit_issue(app, EDITOR, 1, PLACEHOLDER))
    assert (await compose_issue(app, EDITOR, "weekly")).state == IssueState.DRAFT
    async with app.store.read() as session:
        [notice] = await session.exec(select(Mailing).where(Mailing.kind == MailingKind.NOTICE))
    assert "CNT-021" in notice.payload["paragraphs"][0]


@pytest.fixture
async def crashed(
    app: App,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    set_edition: Callable[..., Awaitable[None]],
) -> None:
    """The engine composed issue 2 of an automatic edition, and died before it approved it."""
    await set_edition(approval=Approval.AUTOMATIC)
    await control.cancel_issue(app, EDITOR, 1)
    await change_slot.unskip(app, EDITOR, "weekly", SLOT.date())
    clock.at = SLOT - timedelta(hours=15)

    async def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as crashing:
        crashing.setattr("digest.services.schedule.advance.approve_automatically", crash)
        with pytest.raises(KeyboardInterrupt):
            await advance(app)


@pytest.mark.usefixtures("crashed")
async def test_after_a_crash_before_the_automatic_approval_the_next_tick_approves(
    app: App,
) -> None:
    assert await state_of(app, 2) == IssueState.DRAFT
    await advance(app)
    assert await state_of(app, 2) == IssueState.SCHEDULED


async def test_an_item_withdrawn_during_an_automatic_check_is_left_out_at_the_next_tick(
    app: App,
    meanwhile: Meanwhile,
    clock: Clock,
    set_edition: Callable[..., Awaitable[None]],
    add_news: AddNews,
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    await add_news(("Gamma", "Delta"))
    await control.cancel_issue(app, EDITOR, 1)
    await change_slot.unskip(app, EDITOR, "weekly", SLOT.date())
    clock.at = SLOT - timedelta(hours=15)

    async def withdraw_one() -> None:
        async with app.store.write() as session:
            await withdraw(session, "alpha-vs-beta", reason="a wrong figure", now=clock())

    meanwhile(withdraw_one)
    await advance(app)
    await advance(app)
    async with app.store.read() as session:
        issue = await get_issue(session, 2)
    assert issue.state == IssueState.SCHEDULED
    assert issue.content
    assert [card["slug"] for card in issue.content["cards"]] == ["gamma-vs-delta"]


@pytest.mark.usefixtures("crashed")
async def test_a_draft_that_an_editor_approved_after_such_a_crash_is_sent_at_its_time(
    app: App, clock: Clock
) -> None:
    await approve_issue(app, EDITOR, 2)
    await advance(app)
    clock.at = SLOT
    await advance(app)
    assert await state_of(app, 2) == IssueState.SENDING


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
    approving = asyncio.create_task(approve_issue(app, EDITOR, 1))
    await asyncio.wait_for(checking.wait(), 10)
    async with app.store.write(Queue.EDITING) as session:
        issue = await get_issue(session, 1)
        session.add(issue)
    written.set()
    assert (await approving).state == IssueState.SCHEDULED
