"""Pause, resume and cancel work in their own states only, on issue and mailing together."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from digest.app import App
from digest.delivery.ledger import mailings
from digest.delivery.states import MailingKind, MailingState
from digest.delivery.tables import Delivery, Mailing
from digest.errors import Refused
from digest.issues.lookup import get_issue
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.schedule import change_slot
from digest.services.schedule.advance import advance
from digest.services.sending import control, start
from schedules.states import Approval, SlotState
from tests.readers import EDITOR
from tests.unit.services.conftest import Clock
from tests.unit.services.schedule.test_advance import slot_of

AddReaders = Callable[[int], Awaitable[list[int]]]
AddNews = Callable[..., Awaitable[None]]
SetEdition = Callable[..., Awaitable[None]]


@pytest.fixture(autouse=True)
async def ready(add_readers: AddReaders, add_news: AddNews) -> None:
    await add_readers(3)
    await add_news(("Alpha", "Beta"), ("Gamma", "Delta"))


async def state_of(app: App, number: int = 1) -> IssueState:
    async with app.store.read() as session:
        return IssueState((await get_issue(session, number)).state)


async def deliveries(app: App) -> int:
    async with app.store.read() as session:
        return len((await session.exec(select(Delivery))).all())


async def send_extra(app: App) -> None:
    await compose_issue(app, EDITOR, "weekly", extra=True)
    await approve_issue(app, EDITOR, 1)
    await start.send_issue(app, EDITOR, 1)


async def test_an_approved_issue_cannot_be_resumed(app: App) -> None:
    await compose_issue(app, EDITOR, "weekly")
    await approve_issue(app, EDITOR, 1)
    with pytest.raises(Refused, match="is scheduled"):
        await control.resume_issue(app, EDITOR, 1)
    assert await state_of(app) == IssueState.SCHEDULED


async def test_sending_a_paused_issue_is_refused_and_nobody_gets_it_twice(app: App) -> None:
    await send_extra(app)
    await control.pause_issue(app, EDITOR, 1)
    with pytest.raises(Refused, match="is paused"):
        await start.send_issue(app, EDITOR, 1)
    assert await deliveries(app) == 3


async def test_the_database_itself_keeps_an_issue_to_one_mailing(app: App, clock: Clock) -> None:
    await send_extra(app)
    second = Mailing(
        kind=MailingKind.ISSUE,
        edition="weekly",
        issue_id=1,
        created_at=clock(),
        give_up_at=clock.forward(hours=48),
        message_id_key="key@news.example.org",
    )
    with pytest.raises(IntegrityError):
        async with app.store.write() as session:
            session.add(second)


async def test_the_database_itself_keeps_a_slot_to_one_issue(app: App, clock: Clock) -> None:
    await compose_issue(app, EDITOR, "weekly")
    async with app.store.read() as session:
        issue = await get_issue(session, 1)
    second = Issue(
        number=2,
        edition_id=issue.edition_id,
        slot_id=issue.slot_id,
        issue_date=issue.issue_date,
        cutoff_at=issue.cutoff_at,
        created_at=clock(),
        composed_at=clock(),
    )
    with pytest.raises(IntegrityError):
        async with app.store.write() as session:
            session.add(second)


async def test_an_issue_whose_slot_was_missed_can_still_be_cancelled(
    app: App, clock: Clock, set_edition: SetEdition
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    clock.at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    await advance(app)
    clock.at = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    await advance(app)
    assert (await slot_of(app)).state == SlotState.MISSED
    await control.cancel_issue(app, EDITOR, 1)
    assert await state_of(app) == IssueState.CANCELLED
    assert (await slot_of(app)).state == SlotState.MISSED


async def test_an_editor_resumes_what_the_engine_paused_a_moment_ago(app: App) -> None:
    await send_extra(app)
    async with app.store.write() as session:
        await mailings.pause(session, 1, "the relay refused: 535")
    await control.resume_issue(app, EDITOR, 1)
    async with app.store.read() as session:
        assert (await mailings.get_mailing(session, 1)).state == MailingState.ACTIVE
    assert await state_of(app) == IssueState.SENDING


async def test_the_next_slot_carries_what_a_skipped_slot_was_to_carry(
    app: App, clock: Clock, set_edition: SetEdition
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    clock.at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    await advance(app)
    await change_slot.skip(app, EDITOR, "weekly", date(2026, 11, 24), "a holiday")
    clock.at = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    await advance(app)
    assert (await slot_of(app, date(2026, 12, 1))).state == SlotState.SENT
    assert await deliveries(app) == 3
    await change_slot.run_anyway(app, EDITOR, "weekly", date(2026, 11, 24))
    await advance(app)
    assert (await slot_of(app)).state == SlotState.SKIPPED


async def test_the_mailing_follows_the_issue_in_the_same_commit(app: App) -> None:
    await send_extra(app)
    seen = []
    for grip in (control.pause_issue, control.resume_issue, control.cancel_issue):
        await grip(app, EDITOR, 1)
        async with app.store.read() as session:
            seen.append((await mailings.get_mailing(session, 1)).state)
    assert seen == [MailingState.PAUSED, MailingState.ACTIVE, MailingState.CANCELLED]
