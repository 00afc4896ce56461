"""Watching a sending: what each look shows, how fast it goes, and when it ends."""

import asyncio

import pytest

from digest.app import App
from digest.delivery.ledger import mailings
from digest.delivery.states import DeliveryState
from digest.errors import NotFound, Refused
from digest.issues.states import IssueState
from digest.services.sending.progress import Pace, SendingProgress, mailing_progress, watch_sending
from tests.mailings import add_issue, settle

QUICK = 0.02


def test_the_rate_is_that_of_the_last_half_minute() -> None:
    pace = Pace()
    for second, done in ((0, 0), (10, 1000), (20, 1000), (45, 1250)):
        pace.note(done, float(second))
    assert pace.rate == pytest.approx(10)
    assert pace.seconds_left(100) == pytest.approx(10)


def test_while_nothing_moves_the_time_left_is_unknown() -> None:
    pace = Pace()
    pace.note(5, 0.0)
    assert (pace.rate, pace.seconds_left(100)) == (None, None)
    pace.note(5, 1.0)
    assert (pace.rate, pace.seconds_left(100)) == (0, None)


async def test_it_looks_until_nothing_is_open(app: App) -> None:
    await add_issue(app, IssueState.SENDING, 10)
    seen: list[SendingProgress] = []
    async with asyncio.timeout(60):
        async for progress in watch_sending(app, 3, QUICK):
            seen.append(progress)
            await settle(app, 4, DeliveryState.ACCEPTED)
    assert [progress.accounting.open for progress in seen] == [10, 6, 2, 0]
    assert [progress.ended for progress in seen] == [False, False, False, True]
    assert seen[0].rate is None
    assert all(progress.rate and progress.rate > 0 for progress in seen[1:])


async def test_what_waits_for_a_later_try_is_not_counted_as_time_left(app: App) -> None:
    await add_issue(app, IssueState.SENDING, 4)
    looks = watch_sending(app, 3, QUICK)
    await anext(looks)
    await settle(app, 2, DeliveryState.ACCEPTED)
    await settle(app, 2, DeliveryState.DEFERRED)
    progress = await anext(looks)
    await looks.aclose()
    assert (progress.accounting.open, progress.seconds_left) == (2, 0)
    assert not progress.ended


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (IssueState.DRAFT, "it is a draft"),
        (IssueState.SCHEDULED, "it is scheduled; `digest schedule show`"),
        (IssueState.CANCELLED, "never sent"),
    ],
)
async def test_before_the_sending_there_is_nothing_to_watch(
    app: App, state: IssueState, why: str
) -> None:
    await add_issue(app, state, None)
    with pytest.raises(Refused, match=why):
        await anext(watch_sending(app, 3, QUICK))


async def test_an_issue_that_does_not_exist_is_not_found(app: App) -> None:
    with pytest.raises(NotFound):
        await anext(watch_sending(app, 9, QUICK))


async def test_json_has_the_counts_beside_the_other_keys(app: App) -> None:
    await add_issue(app, IssueState.SENDING, 2)
    first = (await anext(watch_sending(app, 3, QUICK))).model_dump(mode="json")
    assert list(first)[:4] == ["number", "state", "state_reason", "recipients"]
    assert list(first)[-3:] == ["rate", "seconds_left", "not_running"]
    assert (first["recipients"], first["open"]) == (2, 2)


async def test_a_mailing_has_ended_when_it_is_paused(app: App) -> None:
    await add_issue(app, IssueState.SENDING, 2)
    assert not (await mailing_progress(app, 1)).ended
    async with app.store.write() as session:
        await mailings.pause(session, 1, "the relay refused: 535")
    progress = await mailing_progress(app, 1)
    assert progress.ended
    assert progress.state_reason == "the relay refused: 535"
    with pytest.raises(NotFound):
        await mailing_progress(app, 9)
