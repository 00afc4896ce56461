"""A server ends when it is told to, and also when its sender does: it never only looks alive."""

import asyncio
import os
import signal
import socket

import httpx
import pytest
from pydantic import SecretStr

from digest.app import App
from digest.delivery.sending.worker import Worker
from digest.errors import Misconfigured
from digest.serving import running_server, running_worker, until_signal_or
from digest.settings import HostPort


@pytest.fixture
def with_relay(app: App) -> App:
    """As on a machine of `digest work`; nothing is sent, so that nobody need be there."""
    settings = app.settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:1")})
    return App(settings, app.store, app.keyring, app.clock)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_is_waited_for(number: signal.Signals) -> None:
    task = asyncio.create_task(asyncio.sleep(60))
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), number)
    assert await asyncio.wait_for(until_signal_or(task), 30)
    task.cancel()


async def test_or_for_the_end_of_a_task() -> None:
    task = asyncio.create_task(asyncio.sleep(0.01))
    assert not await asyncio.wait_for(until_signal_or(task), 30)


async def test_a_sender_that_fails_ends_the_server_and_says_why(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Worker) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(Worker, "run", broken)
    settings = app.settings.model_copy(update={"port": 0, "desk_port": 0})
    with pytest.raises(RuntimeError, match="a bug of ours"):
        async with running_server(App(settings, app.store, app.keyring, app.clock)) as now_running:
            assert not await asyncio.wait_for(until_signal_or(now_running.sending), 30)


async def test_a_worker_listens_nowhere_unless_told(with_relay: App) -> None:
    async with running_worker(with_relay) as now_working:
        assert now_working.url is None


async def test_monitors_are_answered_until_the_last_reply_is_recorded(
    with_relay: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    running_on, stopped = asyncio.Event(), asyncio.Event()

    async def draining(_: Worker) -> None:
        await running_on.wait()

    monkeypatch.setattr(Worker, "run", draining)
    monkeypatch.setattr(Worker, "stop", lambda _: stopped.set())

    async def work() -> None:
        async with running_worker(with_relay, HostPort("127.0.0.1", 0)) as now_working:
            urls.append(now_working.url or "")

    urls: list[str] = []
    task = asyncio.create_task(work())
    await stopped.wait()
    async with httpx.AsyncClient(base_url=urls[0]) as monitor:
        assert (await monitor.get("/healthz")).status_code == 200
        assert (await monitor.get("/readyz")).status_code == 503
        running_on.set()
        await task
    async with httpx.AsyncClient(base_url=urls[0]) as monitor:
        with pytest.raises(httpx.ConnectError):
            await monitor.get("/healthz")


async def test_a_port_that_is_taken_is_told_with_what_sets_another(with_relay: App) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = HostPort(*taken.getsockname())
        with pytest.raises(Misconfigured, match=f"port {place.port} is taken.*--listen"):
            async with running_worker(with_relay, place):
                pass


async def test_a_host_that_cannot_be_is_told_in_one_sentence(with_relay: App) -> None:
    with pytest.raises(Misconfigured, match=r"cannot listen on a\.\.b:80"):
        async with running_worker(with_relay, HostPort("a..b", 80)):
            pass
