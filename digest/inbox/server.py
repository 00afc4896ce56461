"""The inbox's SMTP server: aiosmtpd's protocol on our own event loop, on loopback only."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import AnyStr, Self

from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Envelope as SmtpEnvelope
from aiosmtpd.smtp import Session as SmtpSession

from digest.app import utc_now
from digest.inbox.folder import Envelope, store_message

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
LARGEST_MESSAGE = 10 * 1024 * 1024
STOP_SECONDS = 5
DISK_THREADS = 4  # not the default pool, whose threads may be waiting for our reply


class Inbox:
    """An SMTP server that answers 250 only once the message is on disk.

    `port` 0 takes a free one; read it from `.port` after the start. Use it as an async
    context manager, or with `start` and `stop`.
    """

    def __init__(
        self, folder: Path, port: int = 0, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.folder = folder
        self.port = port
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._disk: ThreadPoolExecutor | None = None

    async def start(self) -> None:
        """Listen. Raises `OSError` if the port is taken or the folder cannot be created."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._disk = ThreadPoolExecutor(DISK_THREADS, thread_name_prefix="inbox")
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(self, self._connections), HOST, self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and hang up. A message that is being stored gets its reply first."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        connections = list(self._connections)
        if connections:
            await asyncio.gather(*(connection.hang_up() for connection in connections))
        if self._disk is not None:
            self._disk.shutdown(wait=False)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, connection: "_Connection", _session: SmtpSession, message: SmtpEnvelope
    ) -> str:
        """Store one message. Called by aiosmtpd; returns the SMTP reply."""
        connection.answered.clear()
        envelope = Envelope(
            mail_from=message.mail_from or "",
            rcpt_to=tuple(str(address) for address in message.rcpt_tos),
            received_at=self._clock(),
        )
        content = message.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        try:
            message_id = await asyncio.get_running_loop().run_in_executor(
                self._disk, store_message, self.folder, envelope, raw
            )
        except OSError as error:
            log.error("the inbox cannot store in %s: %s", self.folder, error.strerror)
            return "452 4.3.1 The inbox cannot store the message"
        return f"250 2.0.0 Stored as {message_id}"


class _Connection(SMTP):
    """One client. The inbox knows it, so that stopping leaves no task behind."""

    def __init__(self, inbox: Inbox, open_connections: "set[_Connection]") -> None:
        super().__init__(
            inbox,
            data_size_limit=LARGEST_MESSAGE,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="Digest inbox",
            loop=asyncio.get_running_loop(),
        )
        self._open = open_connections
        self.answered = asyncio.Event()
        self.answered.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._open.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._open.discard(self)
        super().connection_lost(error)

    async def push(self, status: AnyStr) -> None:
        await super().push(status)
        self.answered.set()

    async def hang_up(self) -> None:
        """Close, but not between storing a message and replying to it."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.answered.wait(), STOP_SECONDS)
        if self.transport is not None:
            self.transport.close()
        if self._handler_coroutine is not None:
            await asyncio.wait([self._handler_coroutine], timeout=STOP_SECONDS)
