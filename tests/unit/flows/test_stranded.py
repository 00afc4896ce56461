"""Mail for a relay that is no longer set does not wait in silence."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlmodel import select

from digest.app import App
from digest.delivery.tables import Mailing, MailingKind, MailingState
from digest.flows import publishing, sending, steering
from digest.flows.calendar import advance
from digest.flows.stranded import count_waiting, pause_stranded
from digest.issues.lookup import get_issue


@pytest.fixture(autouse=True)
async def being_sent(
    app: App,
    add_readers: Callable[[int], Awaitable[list[int]]],
    add_news: Callable[..., Awaitable[None]],
) -> None:
    await add_readers(2)
    await add_news(("Alpha", "Beta"))
    await publishing.compose(app, "weekly", extra=True)
    await publishing.approve(app, 1, by="me")
    await sending.send(app, 1)


def without_relay(app: App) -> App:
    return replace(app, settings=app.settings.model_copy(update={"smtp_url": None}))


async def test_the_issue_is_paused_with_the_next_step_and_the_editor_told(app: App) -> None:
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


async def test_it_is_told_once_and_goes_on_when_there_is_a_relay_again(app: App) -> None:
    assert await pause_stranded(without_relay(app)) == [1]
    assert await pause_stranded(without_relay(app)) == []
    await steering.resume(app, 1)
    assert await pause_stranded(app) == []
    async with app.store.read() as session:
        mailing = await session.get_one(Mailing, 1)
        assert await count_waiting(session) == 1
    assert mailing.state == MailingState.ACTIVE
