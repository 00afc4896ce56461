"""`digest serve`: pages, engine and worker in one process; `digest work`: without the pages."""

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
from digest.delivery.sending.worker import Worker
from digest.errors import Misconfigured
from digest.settings import HostPort
from digest.web.desk.site import build_desk
from digest.web.http.monitoring import build_for_monitors
from digest.web.public.site import build_public


@dataclass(frozen=True)
class Running:
    """A running installation: where it is to be found."""

    public_url: str
    desk_url: str
    worker: Worker
    sending: "asyncio.Task[None]"


@dataclass(frozen=True)
class Working:
    """A worker without pages: its task, and where monitors find it, if they are to."""

    sending: "asyncio.Task[None]"
    url: str | None


@asynccontextmanager
async def running(app: App) -> AsyncIterator[Running]:
    """Everything up; on leaving, nothing new is begun and what is in flight is recorded.

    A sender that failed raises its failure then: stay no longer than `until_signal_or`
    its task says.
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
        sending = await stack.enter_async_context(_at_work(sender))
        yield Running(
            public_url=f"http://{settings.host}:{public_port}",
            desk_url=f"http://127.0.0.1:{desk_port}",
            worker=worker,
            sending=sending,
        )


@asynccontextmanager
async def working(app: App, listen: HostPort | None = None) -> AsyncIterator[Working]:
    """One more worker for what goes to relays, without pages; it ends as `running` does.

    Monitors are answered until all that was in flight is recorded.
    """
    async with contextlib.AsyncExitStack() as stack:
        sender = await stack.enter_async_context(open_relay_sender(app))
        url = None
        if listen is not None:
            site = _listening(build_for_monitors(app, sender.worker), *listen, "--listen")
            url = HostPort(listen.host, await stack.enter_async_context(site)).url
        yield Working(await stack.enter_async_context(_at_work(sender)), url)


@asynccontextmanager
async def showing(app: App, templates: Path, port: int) -> AsyncIterator[str]:
    """The desk alone, for looking at templates and issues; its address. It sends nothing."""
    async with _listening(build_desk(app, templates=templates), "127.0.0.1", port) as port:
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def _at_work(sender: Sender) -> "AsyncIterator[asyncio.Task[None]]":
    """The worker and the engine that sets it in motion; the engine ends first."""
    task = asyncio.create_task(sender.worker.run())
    try:
        await sender.engine.start()
        yield task
    finally:
        await sender.engine.stop()
        sender.worker.stop()
        await task


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to the one place that handles them."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        """Capture none."""
        yield


@asynccontextmanager
async def _listening(
    api: FastAPI, host: str, port: int, elsewhere: str = "DIGEST_PORT and DIGEST_DESK_PORT"
) -> AsyncIterator[int]:
    """Serve an app; yields the port, which may have been chosen by the system (0).

    `elsewhere` names what sets another one, should it be taken.
    """
    server = _Server(uvicorn.Config(api, log_config=None, server_header=False, lifespan="off"))
    sock = _bound(host, port, elsewhere)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        yield sock.getsockname()[1]
    finally:
        api.state.closing.set()
        server.should_exit = True
        await task
        sock.close()


def _bound(host: str, port: int, elsewhere: str) -> socket.socket:
    """A listening socket; raises `Misconfigured` with what to do."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.create_server(address[:2], family=family)
    except UnicodeError:  # DNS can have no such name
        raise Misconfigured(f"cannot listen on {host}:{port}: {host!r} is no host") from None
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise Misconfigured(f"cannot listen on {host}:{port}: {error.strerror}") from None
        raise Misconfigured(
            f"port {port} is taken; is another one running? Set {elsewhere}, or stop it"
        ) from None
    # uvicorn hands it to asyncio as it is: without this every answer would wait 40 ms for
    # the client's delayed acknowledgement.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


async def until_signal_or(task: "asyncio.Task[Any]") -> bool:
    """Wait for SIGINT or SIGTERM (True), or for `task` to end, however it does (False).

    A second signal ends the process the hard way.
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
