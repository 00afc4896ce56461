"""Issues follow their mailings: sent when nothing is open, paused when the engine paused."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlmodel import select

from digest.app import App
from digest.delivery.ledger import mailings
from digest.delivery.outcomes import Outcome
from digest.delivery.states import DeliveryState, Route
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.schedule.resume_clock import resume_clock
from digest.services.sending import start
from digest.services.sending.housekeeping import housekeep
from digest.uptime import Uptime
from tests.readers import EDITOR
from tests.unit.delivery.ledger.test_recovery import Living
from tests.unit.services.conftest import Clock
from tests.workers import ledger_at, record

LIVING = Living(alive={"me"})


@pytest.fixture(autouse=True)
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


async def the_issue(app: App) -> Issue:
    async with app.store.read() as session:
        return (await session.exec(select(Issue))).one()


async def test_an_issue_is_sent_when_the_last_of_its_deliveries_has_ended(app: App) -> None:
    ledger = ledger_at(app.store, "me")
    for expected in (IssueState.SENDING, IssueState.SENT):
        [claim] = await ledger.claim([Route.RELAY], 1, app.clock())
        await record(ledger, claim, Outcome(DeliveryState.ACCEPTED), app.clock())
        await housekeep(app, LIVING)
        assert (await the_issue(app)).state == expected
    assert (await the_issue(app)).finished_at == app.clock()


async def test_an_issue_whose_mailing_a_worker_paused_shows_the_reason(app: App) -> None:
    async with app.store.write() as session:
        await mailings.pause(session, 1, "the relay refused: 535")
    await housekeep(app, LIVING)
    issue = await the_issue(app)
    assert (issue.state, issue.state_reason) == (IssueState.PAUSED, "the relay refused: 535")


async def test_a_clock_that_jumps_ahead_gives_nothing_up(app: App, clock: Clock) -> None:
    steady = replace(app, uptime=lambda: Uptime("one boot", 1000.0))
    await housekeep(steady, LIVING)
    clock.forward(days=30)
    assert (await housekeep(steady, LIVING)).expired == 0
    assert (await resume_clock(steady, EDITOR)).resumed
    assert (await housekeep(steady, LIVING)).expired == 2
