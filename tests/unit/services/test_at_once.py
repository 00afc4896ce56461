"""Two people, two tabs or two machines do something at the same moment: one does it, once."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from sqlmodel import col, select

from digest.app import App
from digest.delivery.ledger import mailings
from digest.delivery.states import DeliveryState, MailingKind
from digest.delivery.tables import Delivery, Mailing
from digest.errors import DigestError, Refused
from digest.issues.editing import Edit
from digest.issues.lookup import get_issue
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.issues.edit import edit_issue
from digest.services.preflight.inspection import inspect, read_input
from digest.services.schedule import agenda, change_slot
from digest.services.schedule.advance import advance
from digest.services.sending import control, start
from digest.services.sending.housekeeping import housekeep
from digest.services.sending.start import start_sending
from digest.store import Queue
from schedules.errors import ScheduleError
from schedules.states import Approval, SlotState
from schedules.tables import Slot
from tests.readers import EDITOR, erase, sign_up
from tests.unit.services.conftest import Clock
from tests.waiting import held_up

AddReaders = Callable[[int], Awaitable[list[int]]]
AddNews = Callable[..., Awaitable[None]]
SetEdition = Callable[..., Awaitable[None]]


class Nobody:
    """No worker lives."""

    owner = "nobody"

    def holds(self) -> bool:
        return True

    def lost(self) -> bool:
        return False

    def is_alive(self, owner: str) -> bool:
        return False

    def release(self) -> None: ...


@pytest.fixture(autouse=True)
async def ready(add_readers: AddReaders, add_news: AddNews) -> None:
    await add_readers(3)
    await add_news(("Alpha", "Beta"), ("Gamma", "Delta"))


async def together(*work: Coroutine[Any, Any, object]) -> list[object]:
    """The results of all, expected refusals among them."""
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(
            result, DigestError | ScheduleError
        ):
            raise result
    return results


def refused(results: list[object]) -> int:
    return sum(isinstance(result, Exception) for result in results)


async def issues(app: App) -> list[Issue]:
    async with app.store.read() as session:
        return list(await session.exec(select(Issue).order_by(col(Issue.number))))


async def states(app: App) -> tuple[str, list[str]]:
    """Of issue 1, and of its mailing; a notice to the editor is another one."""
    async with app.store.read() as session:
        issues = select(Mailing).where(Mailing.kind == MailingKind.ISSUE)
        rows = (await session.exec(issues)).all()
        return str((await get_issue(session, 1)).state), [str(row.state) for row in rows]


async def approved(app: App) -> None:
    await compose_issue(app, EDITOR, "weekly", extra=True)
    await approve_issue(app, EDITOR, 1)


async def test_issues_composed_at_once_have_numbers_of_their_own(app: App) -> None:
    await together(*(compose_issue(app, EDITOR, "weekly", extra=True) for _ in range(4)))
    assert [issue.number for issue in await issues(app)] == [1, 2, 3, 4]


async def test_a_slot_composed_twice_at_once_has_one_issue(app: App) -> None:
    await together(*(compose_issue(app, EDITOR, "weekly") for _ in range(4)))
    assert len(await issues(app)) == 1


async def test_of_two_issues_with_the_same_comparisons_one_is_approved(app: App) -> None:
    await compose_issue(app, EDITOR, "weekly", extra=True)
    await compose_issue(app, EDITOR, "weekly", extra=True)
    results = await together(*(approve_issue(app, EDITOR, number) for number in (1, 2)))
    assert refused(results) == 1


async def test_an_issue_approved_and_edited_at_once_is_either(app: App) -> None:
    await compose_issue(app, EDITOR, "weekly", extra=True)
    await together(
        approve_issue(app, EDITOR, 1), edit_issue(app, EDITOR, 1, Edit(subject="Another"))
    )
    (issue,) = await issues(app)
    if issue.state == IssueState.APPROVED:
        assert issue.content is not None
        assert issue.content["subject"] == "Another"
    else:
        assert (issue.state, issue.hash) == (IssueState.DRAFT, None)


async def test_an_issue_sent_many_times_at_once_goes_out_once(app: App) -> None:
    await approved(app)
    results = await together(*(start.send_issue(app, EDITOR, 1) for _ in range(5)))
    assert refused(results) == 4
    assert await states(app) == ("sending", ["active"])


async def test_any_number_of_tickers_send_a_slot_once(
    app: App, clock: Clock, set_edition: SetEdition
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    clock.forward(days=1)
    await together(*(advance(app) for _ in range(5)))
    await together(*(advance(app) for _ in range(5)))
    assert await states(app) == ("sending", ["active"])
    async with app.store.read() as session:
        sent = select(Slot).where(Slot.state == SlotState.SENT)
        assert len((await session.exec(sent)).all()) == 1
        assert len((await session.exec(select(Delivery))).all()) == 3


async def test_a_cancel_waits_for_a_sending_that_begins_and_ends_its_mailing(app: App) -> None:
    await approved(app)
    async with app.store.read() as session:
        seen = await read_input(session, app, await get_issue(session, 1))
    inspected = await inspect(app, seen)
    async with app.store.write(Queue.EDITING) as session:
        issue = await get_issue(session, 1)
        await start_sending(session, app, issue, inspected, to_inbox=False, now=app.clock())
        cancel = await held_up(control.cancel_issue(app, EDITOR, 1))
    await cancel
    assert await states(app) == ("cancelled", ["cancelled"])


async def test_a_sending_waits_for_a_cancel_and_is_refused(app: App) -> None:
    await approved(app)
    results = await together(
        control.cancel_issue(app, EDITOR, 1),
        start.send_issue(app, EDITOR, 1),
        control.cancel_issue(app, EDITOR, 1),
        start.send_issue(app, EDITOR, 1),
    )
    assert any(isinstance(result, Refused) for result in results)
    issue, mailing = await states(app)
    assert issue == "cancelled"
    assert mailing in ([], ["cancelled"])


async def test_however_the_wheel_is_turned_at_once_issue_and_mailing_stay_in_step(
    app: App,
) -> None:
    await approved(app)
    await start.send_issue(app, EDITOR, 1)
    for _ in range(3):
        await together(
            control.pause_issue(app, EDITOR, 1),
            control.resume_issue(app, EDITOR, 1),
            housekeep(app, Nobody()),
            control.pause_issue(app, EDITOR, 1),
            housekeep(app, Nobody()),
            control.resume_issue(app, EDITOR, 1),
        )
        assert await states(app) in [("sending", ["active"]), ("paused", ["paused"])]


async def test_housekeeping_does_not_pause_again_what_an_editor_just_resumed(app: App) -> None:
    await approved(app)
    mailing = (await start.send_issue(app, EDITOR, 1)).mailing_id
    async with app.store.write() as session:
        await mailings.pause(session, mailing, "the engine's reason")
    await together(
        control.resume_issue(app, EDITOR, 1), *(housekeep(app, Nobody()) for _ in range(3))
    )
    assert await states(app) in [("sending", ["active"]), ("paused", ["paused"])]


async def test_a_slot_skipped_and_pushed_at_once_is_in_one_state(app: App, clock: Clock) -> None:
    day = (await agenda.agenda(app))[0].date
    results = await together(
        change_slot.skip(app, EDITOR, "weekly", day, "holiday"),
        change_slot.skip(app, EDITOR, "weekly", day, "holiday"),
        change_slot.unskip(app, EDITOR, "weekly", day),
    )
    assert refused(results) <= 1
    assert (await agenda.read_agenda(app))[0].state in ("skipped", "planned")


async def test_a_delivery_that_is_claimed_while_its_reader_is_erased_is_not_sent(
    app: App,
) -> None:
    await approved(app)
    await start.send_issue(app, EDITOR, 1)
    async with app.store.write() as session:
        rows = (await session.exec(select(Delivery).with_for_update())).all()
        erasing = await held_up(erase(app, "reader0@example.org"))
        rows[0].state, rows[0].token = DeliveryState.CLAIMED, "t"
    await erasing
    async with app.store.read() as session:
        erased = await session.get_one(Delivery, rows[0].id)
    assert (erased.state, erased.token) == (DeliveryState.SKIPPED, None)


@pytest.mark.parametrize("database", ["postgresql"])
async def test_an_editor_at_work_does_not_hold_up_readers(app: App) -> None:
    async with app.store.write(Queue.EDITING):
        await asyncio.wait_for(sign_up(app, "ann@example.org"), 5)
