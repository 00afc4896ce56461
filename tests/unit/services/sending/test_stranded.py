"""Mail for a relay that is no longer set does not wait in silence."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlmodel import select

from digest.app import App
from digest.bootstrap import open_sender
from digest.delivery.states import MailingKind, MailingState, Route
from digest.delivery.tables import Mailing
from digest.errors import Refused
from digest.issues.lookup import get_issue
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.schedule.advance import advance
from digest.services.sending import control, start
from digest.services.sending.stranded import count_waiting, pause_stranded
from tests.readers import EDITOR


@pytest.fixture(autouse=True)
async def being_sent(
    app: App,
    add_readers: Callable[[int], Awaitable[list[int]]],
    add_news: Callable[..., Awaitable[None]],
) -> None:
    await add_readers(2)
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly", extra=True)
    await approve_issue(app, EDITOR, 1)
    await start.send_issue(app, EDITOR, 1)


def without_relay(app: App) -> App:
    return replace(app, settings=app.settings.model_copy(update={"smtp_url": None}))


def with_relay_elsewhere(app: App) -> App:
    return replace(without_relay(app), relay_elsewhere=lambda: True)


async def test_the_issue_is_paused_with_the_next_step_and_the_editor_is_notified(app: App) -> None:
    await advance(without_relay(app))
    async with app.store.read() as session:
        issue = await get_issue(session, 1)
        notices = list(
            await session.exec(select(Mailing).where(Mailing.kind == MailingKind.NOTICE))
        )
    assert issue.state == "paused"
    assert "DIGEST_SMTP_URL" in (issue.state_reason or "")
    assert "digest issues resume 1" in (issue.state_reason or "")
    assert [notice.payload["title"] for notice in notices] == ["Issue 1 is paused"]


async def test_the_editor_is_notified_once_and_the_issue_continues_when_there_is_a_relay_again(
    app: App,
) -> None:
    assert await pause_stranded(without_relay(app)) == [1]
    assert await pause_stranded(without_relay(app)) == []
    await control.resume_issue(app, EDITOR, 1)
    assert await pause_stranded(app) == []
    async with app.store.read() as session:
        mailing = await session.get_one(Mailing, 1)
        assert await count_waiting(session) == 1
    assert mailing.state == MailingState.ACTIVE


async def test_nothing_is_paused_by_a_node_without_a_relay_while_another_has_one(app: App) -> None:
    await advance(with_relay_elsewhere(app))
    async with app.store.read() as session:
        assert (await get_issue(session, 1)).state == "sending"


async def test_such_a_node_may_start_a_sending(
    app: App, add_news: Callable[..., Awaitable[None]]
) -> None:
    await add_news(("Gamma", "Delta"))
    await compose_issue(app, EDITOR, "weekly", extra=True)
    await approve_issue(app, EDITOR, 2)
    with pytest.raises(Refused, match="no relay is set"):
        await start.send_issue(without_relay(app), EDITOR, 2)
    await start.send_issue(with_relay_elsewhere(app), EDITOR, 2)
    async with app.store.read() as session:
        mailings = (await session.exec(select(Mailing))).all()
    assert [mailing.route for mailing in mailings] == [Route.RELAY] * 2


async def test_a_server_knows_of_the_relays_of_workers_beside_it(app: App) -> None:
    async with open_sender(without_relay(app)) as web:
        if not app.store.is_shared:  # across machines it would wait for them for a minute
            assert not web.app.relay_elsewhere()
        async with open_sender(app):
            assert web.app.relay_elsewhere()
            assert await pause_stranded(web.app) == []
