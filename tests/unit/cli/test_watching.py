"""Watching an issue on the terminal: in words, or as a line of JSON for each change."""

import asyncio
import json

import pytest

from digest.app import App
from digest.cli.watching import in_words, print_changes, show_live
from digest.delivery.states import DeliveryState
from digest.issues.states import IssueState
from digest.services.issues.reports import NOBODY
from digest.services.sending.progress import SendingProgress
from tests.mailings import add_issue, settle

QUICK = 0.02


def progress(
    state: IssueState, rate: float | None = None, seconds_left: int | None = None
) -> SendingProgress:
    """Half done."""
    counts = {"recipients": 2000, "accepted": 1000, "open": 1000, "deferred": 12}
    return SendingProgress(
        number=3,
        state=state,
        state_reason="[the relay] refused" if state is IssueState.PAUSED else None,
        accounting=NOBODY.model_copy(update=counts),
        rate=rate,
        seconds_left=seconds_left,
    )


async def test_json_prints_a_line_for_each_change_and_none_between(
    app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    await add_issue(app, IssueState.SENDING, 3)
    task = asyncio.create_task(print_changes(app, 3, QUICK))
    await asyncio.sleep(0.3)
    await settle(app, 3, DeliveryState.ACCEPTED)
    await asyncio.wait_for(task, 60)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["open"], line["accepted"]) for line in lines] == [(3, 0), (0, 3)]
    assert lines[0].keys() == progress(IssueState.SENDING).model_dump().keys()
    assert {"number", "state", "state_reason", "rate", "seconds_left"} <= lines[0].keys()


async def test_people_see_the_same(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    await add_issue(app, IssueState.SENDING, 3)
    await settle(app, 3, DeliveryState.ACCEPTED)
    await asyncio.wait_for(show_live(app, 3, QUICK), 60)
    assert "3 recipients = 3 accepted + 0 open" in capsys.readouterr().out


def test_the_words_give_the_rate_the_time_left_and_the_reason_of_a_pause() -> None:
    words = in_words(progress(IssueState.PAUSED, 12.5, 3725))
    assert "Issue 3 is paused: [the relay] refused" in words
    assert "1,000 of 2,000, 50%" in words
    assert "12.5 a second, 1 h 2 min left" in words
    assert "12 deferred, 0 unknown" in words
    assert "time left unknown" in in_words(progress(IssueState.SENDING))
