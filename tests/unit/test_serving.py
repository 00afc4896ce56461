"""A server ends when it is told to, and also when its sender does: it never only looks alive."""

import asyncio
import os
import signal

import pytest

from digest.app import App
from digest.delivery.worker import Worker
from digest.serving import running, until_signal_or


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_is_waited_for(number: signal.Signals) -> None:
    task = asyncio.create_task(asyncio.sleep(60))
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), number)
    assert await asyncio.wait_for(until_signal_or(task), 5)
    task.cancel()


async def test_or_for_the_end_of_a_task() -> None:
    task = asyncio.create_task(asyncio.sleep(0.01))
    assert not await asyncio.wait_for(until_signal_or(task), 5)


async def test_a_sender_that_fails_ends_the_server_and_says_why(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Worker) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(Worker, "run", broken)
    settings = app.settings.model_copy(update={"port": 0, "desk_port": 0})
    with pytest.raises(RuntimeError, match="a bug of ours"):
        async with running(App(settings, app.store, app.keyring, app.clock)) as now_running:
            assert not await asyncio.wait_for(until_signal_or(now_running.sending), 5)
