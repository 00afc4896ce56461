"""Following a mailing ends with it, or at a signal to the process."""

import asyncio
import os
import signal
from datetime import timedelta

import pytest

from digest.app import App
from digest.cli.follow_mailing import follow_mailing
from digest.delivery.ledger.mailings import open_mailing
from digest.delivery.states import MailingKind, Route
from digest.delivery.tables import Mailing
from digest.errors import DigestError
from digest.services.sender_details import new_message_id_key, site_of


async def open_notice(app: App, route: Route) -> int:
    async with app.store.write() as session:
        mailing = Mailing(
            kind=MailingKind.NOTICE,
            route=route,
            payload={"title": "Hello", "paragraphs": ["A word."]},
            created_at=app.clock(),
            give_up_at=app.clock() + timedelta(hours=1),
            message_id_key=new_message_id_key(site_of(app.settings)),
        )
        await open_mailing(session, mailing, [(None, "editor@news.example.org")])
        assert mailing.id is not None
        return mailing.id


async def test_it_ends_when_nothing_is_open(app: App) -> None:
    number = await open_notice(app, Route.INBOX)
    progress = await asyncio.wait_for(follow_mailing(app, number, quiet=True), 60)
    counts = progress.accounting
    assert (counts.accepted, counts.open) == (1, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_cleanly_and_says_what_continues(
    app: App, number: signal.Signals
) -> None:
    mailing = await open_notice(app, Route.RELAY)  # there is none, so it stays open
    asyncio.get_running_loop().call_later(0.5, os.kill, os.getpid(), number)
    with pytest.raises(DigestError, match="`digest serve` continues"):
        await asyncio.wait_for(follow_mailing(app, mailing, quiet=True), 60)
    assert list(app.settings.data_dir.rglob("*.lock")) == []
