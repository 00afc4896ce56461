"""A server ends on a signal, and also when its sender fails."""

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
    """As on a machine of `digest work`. Nothing is sent, so the relay need not exist."""
    settings = app.settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:1")})
    return App(settings, app.store, app.keyring, app.clock)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_wait(number: signal.Signals) -> None:
    task = asyncio.create_task(asyncio.sleep(60))
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), number)
    assert await asyncio.wait_for(until_signal_or(task), 30)
    task.cancel()


async def test_the_end_of_the_task_ends_the_wait() -> None:
    task = asyncio.create_task(asyncio.sleep(0.01))
    assert not await asyncio.wait_for(until_signal_or(task), 30)


async def test_a_failing_sender_ends_the_server_with_its_error(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Worker) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Worker, "run", broken)
    settings = app.settings.model_copy(update={"port": 0, "desk_port": 0})
    with pytest.raises(RuntimeError, match="a bug"):
        async with running_server(App(settings, app.store, app.keyring, app.clock)) as server:
            assert not await asyncio.wait_for(until_signal_or(server.sending), 30)


async def test_a_worker_does_not_listen_by_default(with_relay: App) -> None:
    async with running_worker(with_relay) as running:
        assert running.url is None


async def test_monitors_are_answered_until_the_last_reply_is_recorded(
    with_relay: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, stopped = asyncio.Event(), asyncio.Event()

    async def draining(_: Worker) -> None:
        await may_end.wait()

    monkeypatch.setattr(Worker, "run", draining)
    monkeypatch.setattr(Worker, "stop", lambda _: stopped.set())

    async def work() -> None:
        async with running_worker(with_relay, HostPort("127.0.0.1", 0)) as running:
            urls.append(running.url or "")

    urls: list[str] = []
    task = asyncio.create_task(work())
    await stopped.wait()
    async with httpx.AsyncClient(base_url=urls[0]) as monitor:
        assert (await monitor.get("/healthz")).status_code == 200
        assert (await monitor.get("/readyz")).status_code == 503
        may_end.set()
        await task
    async with httpx.AsyncClient(base_url=urls[0]) as monitor:
        with pytest.raises(httpx.ConnectError):
            await monitor.get("/healthz")


async def test_the_error_for_a_taken_port_names_the_setting(with_relay: App) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = HostPort(*taken.getsockname())
        with pytest.raises(Misconfigured, match=f"port {place.port} is taken.*--listen"):
            async with running_worker(with_relay, place):
                pass


async def test_the_error_for_an_impossible_host_is_one_sentence(with_relay: App) -> None:
    with pytest.raises(Misconfigured, match=r"cannot listen on a\.\.b:80"):
        async with running_worker(with_relay, HostPort("a..b", 80)):
            pass
