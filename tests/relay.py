"""A relay that misbehaves on demand: a real SMTP server whose answers a test scripts.

A script maps a stage (`banner`, `EHLO`, `MAIL`, `RCPT`, `DATA`, `body`, `dot`, `RSET`)
to what happens there instead of the usual reply: a reply line, `DROP` (cut the
connection), `HANG` (never answer), or `TAKE_AND_DROP` (at the dot: keep the
message, then cut the connection without a reply).
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

DROP, HANG, TAKE_AND_DROP = "drop", "hang", "take and drop"

USUAL = {
    "banner": "220 relay.test ESMTP",
    "EHLO": "250 HELP",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    "dot": "250 2.0.0 queued",
    "RSET": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
}


@dataclass
class Taken:
    """One message the relay took responsibility for."""

    sender: str
    recipient: str
    data: bytes


@dataclass
class Relay:
    """The server; `taken` is what counts in the end."""

    script: Mapping[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    taken: list[Taken] = field(default_factory=list)
    begun: int = 0
    connections: int = 0
    port: int = 0

    async def __aenter__(self) -> Self:
        self._sessions: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    def copies(self) -> Counter[str]:
        """How many copies each recipient was sent."""
        return Counter(taken.recipient for taken in self.taken)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        self.connections += 1
        try:
            await self._session(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went, or the relay is being shut down
        finally:
            self._sessions.discard(task)
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = recipient = ""
        if not await self._answer(writer, "banner"):
            return
        while line := (await reader.readline()).decode("utf-8", "replace").strip():
            verb = line.split(maxsplit=1)[0].upper()
            if verb == "EHLO":
                for extension in ("relay.test", *self.extensions):
                    writer.write(f"250-{extension}\r\n".encode())
            if verb == "MAIL":
                sender = _path(line)
            if verb == "RCPT":
                recipient = _path(line)
            if not await self._answer(writer, verb) or verb == "QUIT":
                return
            if verb == "DATA" and self._reply("DATA").startswith("354"):
                data = await self._body(reader, writer)
                if data is None or not await self._dot(writer, Taken(sender, recipient, data)):
                    return

    async def _body(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes | None:
        """The message without its dot; None if the client cut it short, or we do."""
        lines: list[bytes] = []
        self.begun += 1
        if self._reply("body") == DROP:
            await reader.readline()
            return None
        while line := await reader.readline():
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)
        return None

    async def _dot(self, writer: asyncio.StreamWriter, taken: Taken) -> bool:
        reply = self._reply("dot")
        if reply == TAKE_AND_DROP:
            self.taken.append(taken)
            return False
        if reply.startswith("2"):
            self.taken.append(taken)
        return await self._answer(writer, "dot")

    async def _answer(self, writer: asyncio.StreamWriter, stage: str) -> bool:
        reply = self._reply(stage)
        if reply == HANG:
            await asyncio.sleep(3600)
        if reply == DROP:
            return False
        writer.write(f"{reply}\r\n".encode("utf-8", "surrogateescape"))
        await writer.drain()
        return not reply.startswith("421")

    def _reply(self, stage: str) -> str:
        return self.script.get(stage, USUAL.get(stage, "502 5.5.1 what?"))


def _path(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]


@asynccontextmanager
async def relay(**script: str) -> AsyncIterator[Relay]:
    """A relay for one test: `async with relay(RCPT='550 5.1.1 no such user') as there:`."""
    async with Relay(script=script) as running:
        yield running
