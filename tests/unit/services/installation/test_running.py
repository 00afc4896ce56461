"""Whether anything runs that would send, as another process sees it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from digest.app import App
from digest.bootstrap import open_sender
from digest.delivery.states import Route
from digest.errors import Refused
from digest.services.installation.running import NO_RELAY, NO_SCHEDULE, NOBODY, not_running
from digest.services.installation.troubles import troubles
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.issues.reports import issue_report
from digest.services.issues.show import show_issue
from digest.services.schedule.advance import advance
from digest.services.sending.control import pause_issue, resume_issue
from digest.services.sending.start import join_sending, send_issue
from tests.readers import EDITOR
from tests.unit.services.conftest import Clock

AddReaders = Callable[[int], Awaitable[list[int]]]
AddNews = Callable[..., Awaitable[None]]


@pytest.fixture
async def approved(app: App, add_readers: AddReaders, add_news: AddNews) -> None:
    await add_readers(2)
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")
    await approve_issue(app, EDITOR, 1)


def without_relay(app: App) -> App:
    return replace(app, settings=app.settings.model_copy(update={"smtp_url": None}))


async def missing(app: App, route: Route = Route.RELAY, *, by_schedule: bool = False) -> str | None:
    async with app.store.read() as session:
        return await not_running(session, app.store, app.clock(), route, by_schedule=by_schedule)


async def test_a_process_that_has_ended_counts_no_longer(app: App) -> None:
    assert await missing(app) == NOBODY
    async with open_sender(app):
        assert await missing(app) is None
    assert await missing(app) == NOBODY


async def test_a_process_without_a_relay_sends_to_the_inbox_only(app: App) -> None:
    async with open_sender(without_relay(app)):
        assert await missing(app) == NO_RELAY
        assert await missing(app, Route.INBOX) is None


async def test_a_sender_alone_starts_nothing_at_its_time(app: App, clock: Clock) -> None:
    async with open_sender(app):
        assert await missing(app, by_schedule=True) == NO_SCHEDULE
        await advance(app)
        assert await missing(app, by_schedule=True) is None
        clock.forward(minutes=2)
        assert await missing(app, by_schedule=True) == NO_SCHEDULE


@pytest.mark.usefixtures("approved")
async def test_an_issue_that_waits_for_its_time_says_that_nobody_will_send_it(app: App) -> None:
    assert (await show_issue(app, 1)).not_running == NOBODY
    async with open_sender(app):
        await advance(app)
        assert (await show_issue(app, 1)).not_running is None


@pytest.mark.usefixtures("approved")
async def test_an_issue_that_is_sent_by_nobody_says_so_until_somebody_does(app: App) -> None:
    await send_issue(app, EDITOR, 1)
    assert (await issue_report(app, 1)).not_running == NOBODY
    assert (await show_issue(app, 1)).not_running == NOBODY
    assert (await pause_issue(app, EDITOR, 1)).not_running is None
    assert (await issue_report(app, 1)).not_running is None
    assert (await resume_issue(app, EDITOR, 1)).not_running == NOBODY
    async with open_sender(app):
        assert (await issue_report(app, 1)).not_running is None


@pytest.mark.usefixtures("approved")
async def test_sending_again_names_what_goes_on_with_it(app: App) -> None:
    started = await send_issue(app, EDITOR, 1)
    with pytest.raises(Refused) as refused:
        await send_issue(app, EDITOR, 1)
    assert str(refused.value) == (
        f"issue 1 is already sending, but {NOBODY}, "
        "or `digest issues send 1 --wait` goes on from here"
    )
    async with open_sender(app):
        with pytest.raises(Refused, match=r"^issue 1 is already sending$"):
            await send_issue(app, EDITOR, 1)
    assert await join_sending(app, 1) == started
    with pytest.raises(Refused, match="no relay is set here to go on with it"):
        await join_sending(without_relay(app), 1)
    await pause_issue(app, EDITOR, 1)
    assert await join_sending(app, 1) is None
    with pytest.raises(Refused, match="is paused in the middle of sending"):
        await send_issue(app, EDITOR, 1)


async def test_the_desk_shows_what_is_wrong_first(app: App) -> None:
    assert await troubles(app) == (NOBODY,)
    async with open_sender(app):
        await advance(app)
        assert await troubles(app) == ()
