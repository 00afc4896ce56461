"""Extra issues go out at the hour set for them, once."""

import asyncio
from dataclasses import replace

import pytest
from sqlmodel import select

from digest.app import App
from digest.delivery.states import MailingKind
from digest.errors import Refused
from digest.issues.tables import Issue
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.issues.schedule import schedule_issue
from digest.services.schedule.advance import advance
from digest.services.sending import start
from digest.store import open_store
from tests.readers import EDITOR
from tests.unit.services.conftest import Clock
from tests.unit.services.schedule.conftest import SetEdition, mailings


@pytest.mark.usefixtures("ready")
async def test_an_extra_issue_goes_out_at_the_hour_set_for_it(app: App, clock: Clock) -> None:
    made = await compose_issue(app, EDITOR, "weekly", extra=True)
    await approve_issue(app, EDITOR, made.number)
    await schedule_issue(app, EDITOR, made.number, clock().replace(hour=15))
    await advance(app)
    assert await mailings(app) == []
    clock.at = clock.at.replace(hour=15)
    await advance(app)
    await advance(app)
    assert len(await mailings(app)) == 1


@pytest.mark.usefixtures("ready")
async def test_two_schedulers_send_an_extra_issue_once_and_raise_no_false_alarm(
    app: App, clock: Clock
) -> None:
    await compose_issue(app, EDITOR, "weekly", extra=True)
    await approve_issue(app, EDITOR, 1)
    await schedule_issue(app, EDITOR, 1, clock().replace(hour=15))
    clock.at = clock.at.replace(hour=15)
    other = replace(app, store=open_store(str(app.store.engine.url)))
    await asyncio.gather(*(advance(which) for which in (app, other) * 3))
    await other.store.close()
    assert len(await mailings(app)) == 1
    assert await mailings(app, MailingKind.NOTICE) == []
    async with app.store.read() as session:
        assert (await session.exec(select(Issue))).one().state_reason is None


@pytest.mark.usefixtures("ready")
async def test_an_extra_issue_long_past_its_hour_notifies_the_editor_once(
    app: App, clock: Clock
) -> None:
    await compose_issue(app, EDITOR, "weekly", extra=True)
    await approve_issue(app, EDITOR, 1)
    await schedule_issue(app, EDITOR, 1, clock().replace(hour=15))
    clock.forward(days=3)
    await advance(app)
    await advance(app)
    assert await mailings(app) == []
    titles = [notice.payload["title"] for notice in await mailings(app, MailingKind.NOTICE)]
    assert titles.count("Issue 1 could not be sent") == 1
    await start.send_issue(app, EDITOR, 1)
    assert len(await mailings(app)) == 1
    async with app.store.read() as session:
        assert (await session.exec(select(Issue))).one().state_reason is None


@pytest.mark.usefixtures("ready")
async def test_a_slot_that_cannot_even_be_held_does_not_stop_the_extras(
    app: App, clock: Clock, set_edition: SetEdition, monkeypatch: pytest.MonkeyPatch
) -> None:
    await compose_issue(app, EDITOR, "weekly", extra=True)
    await approve_issue(app, EDITOR, 1)
    await schedule_issue(app, EDITOR, 1, clock().replace(hour=18))
    clock.at = clock.at.replace(hour=18)

    async def broken(*_: object) -> None:
        raise Refused("no template")

    monkeypatch.setattr("digest.services.schedule.advance.compose_slot", broken)
    monkeypatch.setattr("digest.services.schedule.advance._hold", broken)
    await advance(app)
    assert len(await mailings(app)) == 1
