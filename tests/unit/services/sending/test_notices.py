"""The editor is told of each pause by the engine, once; a notice that is lost is an error."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, select
from structlog.testing import capture_logs

from digest.app import App
from digest.delivery.ledger import mailings
from digest.delivery.outcomes import Outcome
from digest.delivery.ports import Reply
from digest.delivery.states import DeliveryState, MailingKind, Route
from digest.delivery.tables import Mailing
from digest.services.installation.troubles import troubles
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.sending import control, start
from digest.services.sending.housekeeping import housekeep
from digest.services.sending.transactional import notify_editor
from tests.readers import EDITOR
from tests.unit.delivery.ledger.test_recovery import Living
from tests.unit.services.conftest import Clock
from tests.workers import ledger_at, record

LIVING = Living(alive={"me"})


@pytest.fixture
async def being_sent(
    app: App,
    add_readers: Callable[[int], Awaitable[list[int]]],
    add_news: Callable[..., Awaitable[None]],
) -> None:
    await add_readers(2)
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")
    await approve_issue(app, EDITOR, 1)
    await start.send_issue(app, EDITOR, 1)


async def notices(app: App) -> list[Mailing]:
    async with app.store.read() as session:
        found = await session.exec(
            select(Mailing).where(Mailing.kind == MailingKind.NOTICE).order_by(col(Mailing.id))
        )
        return list(found)


async def pause_by_worker(app: App, reason: str) -> None:
    """As a worker does, which may die before anything else happens."""
    async with app.store.write() as session:
        await mailings.pause(session, 1, reason)


@pytest.mark.usefixtures("being_sent")
@pytest.mark.parametrize(
    "reason",
    [
        "the relay refused: 535 5.7.8 bad credentials",
        "could not write the message: the key is gone",
        "25 rejections in a row with the same code: 550 5.7.1 denied",
    ],
)
async def test_each_pause_by_the_engine_is_told_once_with_its_reason(app: App, reason: str) -> None:
    await pause_by_worker(app, reason)
    for _ in range(3):
        await housekeep(app, LIVING)
    (notice,) = await notices(app)
    assert notice.payload["title"] == "Issue 1 is paused"
    assert notice.payload["paragraphs"] == [
        f"It is paused: {reason}.",
        "When that is settled: digest issues resume 1",
    ]
    await control.resume_issue(app, EDITOR, 1)
    await pause_by_worker(app, reason)
    await housekeep(app, LIVING)
    assert len(await notices(app)) == 2


@pytest.mark.usefixtures("being_sent")
async def test_a_pause_that_an_editor_meets_first_is_told_too(app: App) -> None:
    """Cancelling lets the issue catch up with its mailing before anything else."""
    await pause_by_worker(app, "the relay refused: 535")
    await control.resume_issue(app, EDITOR, 1)
    assert len(await notices(app)) == 1


@pytest.mark.usefixtures("being_sent")
async def test_an_editors_own_pause_is_no_news(app: App) -> None:
    await control.pause_issue(app, EDITOR, 1)
    await housekeep(app, LIVING)
    assert await notices(app) == []


async def test_a_notice_that_is_refused_is_an_error_in_the_log_and_on_the_desk(
    app: App, clock: Clock
) -> None:
    async with app.store.write() as session:
        await notify_editor(session, app, "Issue 1 is paused", ["It is paused."], clock())
    ledger = ledger_at(app.store, "me")
    [claim] = await ledger.claim([Route.RELAY], 1, clock())
    reply = Reply(550, "5.1.1 no such user")
    outcome = Outcome(DeliveryState.REJECTED, str(reply), reply=reply)
    await record(ledger, claim, outcome, clock())
    with capture_logs() as lines:
        await housekeep(app, LIVING)
        await housekeep(app, LIVING)
    [line] = [one for one in lines if one["log_level"] == "error"]
    assert line["event"] == "notice to the editor not delivered"
    assert (line["code"], line["enhanced"]) == (550, "5.1.1")
    [trouble] = [one for one in await troubles(app) if "notice" in one]
    assert trouble == (
        "a notice to the editor was not delivered (550 5.1.1 no such user); check DIGEST_EDITOR"
    )


async def test_a_later_notice_that_arrives_ends_the_trouble(app: App, clock: Clock) -> None:
    ledger = ledger_at(app.store, "me")
    for state in (DeliveryState.REJECTED, DeliveryState.ACCEPTED):
        async with app.store.write() as session:
            await notify_editor(session, app, "Issue 1 is paused", ["It is paused."], clock())
        [claim] = await ledger.claim([Route.RELAY], 1, clock())
        await record(ledger, claim, Outcome(state, "why"), clock())
        await housekeep(app, LIVING)
    assert not [one for one in await troubles(app) if "notice" in one]


async def test_a_notice_that_expires_is_an_error_too(app: App, clock: Clock) -> None:
    async with app.store.write() as session:
        await notify_editor(session, app, "Issue 1 is paused", ["It is paused."], clock())
    await housekeep(app, LIVING)
    async with app.store.write() as session:
        mailing = await session.get_one(Mailing, 1)
        mailing.give_up_at = clock() - timedelta(seconds=1)
        session.add(mailing)
    with capture_logs() as lines:
        await housekeep(app, LIVING)
    assert [one["state"] for one in lines if one["log_level"] == "error"] == ["expired"]


async def test_one_of_two_editors_whose_address_is_refused_is_noticed(
    app: App, clock: Clock
) -> None:
    two = app.settings.model_copy(update={"editor": "ann@example.org, bob@example.org"})
    async with app.store.write() as session:
        await notify_editor(session, replace(app, settings=two), "Paused", ["It is."], clock())
    ledger = ledger_at(app.store, "me")
    for state in (DeliveryState.REJECTED, DeliveryState.ACCEPTED):
        [claim] = await ledger.claim([Route.RELAY], 1, clock())
        await record(ledger, claim, Outcome(state, "why"), clock())
    await housekeep(app, LIVING)
    assert [one for one in await troubles(app) if "notice" in one]


@pytest.mark.usefixtures("being_sent")
async def test_an_issue_that_hardly_anybody_accepted_is_told_once(app: App) -> None:
    async with app.store.write() as session:
        await mailings.cancel(session, 1, "accepted for 0 of 2 readers: 2 rejected")
    for _ in range(2):
        await housekeep(app, LIVING)
    (notice,) = await notices(app)
    assert notice.payload["title"] == "Issue 1 did not reach its readers"
    assert notice.payload["paragraphs"][0] == (
        "It ended as cancelled: accepted for 0 of 2 readers: 2 rejected."
    )
