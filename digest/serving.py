"""The processes: `digest serve` with pages, engine and worker; `digest work` without pages."""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from digest.app import App
from digest.bootstrap import Sender, open_relay_sender, open_sender
from digest.delivery.relays.config_file import relays_of
from digest.delivery.sending.worker import Worker
from digest.errors import Misconfigured
from digest.settings import HostPort
from digest.web.desk.site import build_desk
from digest.web.http.monitoring import build_monitoring
from digest.web.public.site import build_public


@dataclass(frozen=True)
class RunningServer:
    """A running installation: its addresses, its worker, and the task that sends."""

    public_url: str
    desk_url: str
    has_relay: bool
    worker: Worker
    sending: "asyncio.Task[None]"


@dataclass(frozen=True)
class RunningWorker:
    """A worker without pages: the task that sends, and the address for monitors, if any."""

    sending: "asyncio.Task[None]"
    url: str | None


@asynccontextmanager
async def running_server(app: App) -> AsyncIterator[RunningServer]:
    """Run everything. On leaving, nothing new is started and what is in flight is recorded.

    A failure of the sender is raised on leaving, so leave when its task ends
    (see `until_signal_or`).
    """
    settings = app.settings
    async with contextlib.AsyncExitStack() as stack:
        sender = await stack.enter_async_context(open_sender(app))
        app, worker = sender.app, sender.worker
        public_port = await stack.enter_async_context(
            _listening(build_public(app, worker), settings.host, settings.port)
        )
        desk_port = await stack.enter_async_context(
            _listening(build_desk(app, worker), "127.0.0.1", settings.desk_port)
        )
        sending = await stack.enter_async_context(_sending(sender))
        yield RunningServer(
            public_url=f"http://{settings.host}:{public_port}",
            desk_url=f"http://127.0.0.1:{desk_port}",
            has_relay=bool(relays_of(settings)),
            worker=worker,
            sending=sending,
        )


@asynccontextmanager
async def running_worker(app: App, listen: HostPort | None = None) -> AsyncIterator[RunningWorker]:
    """Run one more worker for the relays, without pages. It ends as `running_server` does.

    Monitors are answered until everything in flight is recorded.
    """
    async with contextlib.AsyncExitStack() as stack:
        sender = await stack.enter_async_context(open_relay_sender(app))
        url = None
        if listen is not None:
            site = _listening(build_monitoring(app, sender.worker), *listen, "--listen")
            url = HostPort(listen.host, await stack.enter_async_context(site)).url
        yield RunningWorker(await stack.enter_async_context(_sending(sender)), url)


@asynccontextmanager
async def running_workbench(app: App, templates: Path, port: int) -> AsyncIterator[str]:
    """Run the desk alone, to look at templates and issues; yields its address. Sends nothing."""
    async with _listening(build_desk(app, templates=templates), "127.0.0.1", port) as port:
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def _sending(sender: Sender) -> "AsyncIterator[asyncio.Task[None]]":
    """Run the worker and its engine."""
    task = asyncio.create_task(sender.worker.run())
    try:
        await sender.engine.start()
        yield task
    finally:
        # The engine first: it must hand no mailing to a worker that is stopping.
        await sender.engine.stop()
        sender.worker.stop()
        await task


class _Server(uvicorn.Server):
    """A uvicorn server that does not handle signals; `until_signal_or` does."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        """Capture no signal."""
        yield


@asynccontextmanager
async def _listening(
    api: FastAPI, host: str, port: int, setting: str = "DIGEST_PORT and DIGEST_DESK_PORT"
) -> AsyncIterator[int]:
    """Serve an ASGI application; yields the port, which the system chooses for port 0.

    `setting` names what sets another port, for the message when this one is taken.
    """
    server = _Server(uvicorn.Config(api, log_config=None, server_header=False, lifespan="off"))
    sock = _bound(host, port, setting)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        yield sock.getsockname()[1]
    finally:
        api.state.closing.set()
        server.should_exit = True
        await task
        sock.close()


def _bound(host: str, port: int, setting: str) -> socket.socket:
    """A listening socket; raises `Misconfigured` with the next step."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.create_server(address[:2], family=family)
    except UnicodeError:  # not a possible name in DNS
        raise Misconfigured(f"cannot listen on {host}:{port}: {host!r} is not a host") from None
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise Misconfigured(f"cannot listen on {host}:{port}: {error.strerror}") from None
        raise Misconfigured(
            f"port {port} is taken; is another instance running? Set {setting}, or stop it"
        ) from None
    # uvicorn passes the socket to asyncio as it is. Without this option every answer would
    # wait 40 ms for the client's delayed acknowledgement.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


async def until_signal_or(task: "asyncio.Task[Any]") -> bool:
    """Wait for SIGINT or SIGTERM (True), or for `task` to end or fail (False).

    The handlers are removed afterwards, so a second signal ends the process at once.
    """
    signalled = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, signalled.set)
    waiting = asyncio.create_task(signalled.wait())
    try:
        await asyncio.wait((waiting, task), return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return signalled.is_set()
