"""A relay that misbehaves on demand: a real SMTP server whose answers a test scripts.

A script maps a stage (`banner`, `EHLO`, `STARTTLS`, `AUTH`, `MAIL`, `RCPT`, `DATA`, `body`,
`end`, `dot`, `idle`, `RSET`) to what happens there instead of the usual reply: a reply line,
`DROP` (cut the connection), `HANG` (never answer), `TAKE_AND_DROP` (at the dot: keep the
message, then cut the connection without a reply), or one of the small classes below.
`end` is when the last line of the body came, before its dot; `idle` when a dot was answered.
"""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Container, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Self

DROP, HANG, TAKE_AND_DROP = "drop", "hang", "take and drop"

USUAL = {
    "banner": "220 relay.test ESMTP",
    "EHLO": "250 HELP",
    "STARTTLS": "220 2.0.0 go ahead",
    "AUTH": "235 2.7.0 welcome",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    "dot": "250 2.0.0 queued",
    "RSET": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
}
NOBODY = "554 5.5.1 no valid recipients"
PER_MESSAGE = {"MAIL", "RCPT", "DATA", "body", "end", "dot", "idle"}
SMALL_BUFFER = 65536  # bytes in flight, so that a body that is not read soon stops
LAST_LINE = b"(end)\r\n"


@dataclass(frozen=True)
class Late:
    """The reply after some seconds."""

    reply: str
    seconds: float


@dataclass(frozen=True)
class Dripped:
    """The reply byte by byte, so many seconds apart: every read succeeds, the whole never comes."""

    reply: str
    seconds: float


@dataclass(frozen=True)
class Endless:
    """A piece of a reply, again and again."""

    piece: str


Action = str | Late | Dripped | Endless


class Packets(Enum):
    """How replies travel: each as it comes, in crumbs, or as many together as the client allows."""

    WHOLE = "whole"
    SPLIT = "split"
    JOINED = "joined"


@dataclass
class Taken:
    """One message the relay took responsibility for."""

    sender: str
    recipient: str
    data: bytes


@dataclass
class Relay:
    """The server; `taken` is what counts in the end.

    `strikes` are the messages (counted by MAIL from 1, over all connections) that the
    script's stages from MAIL on apply to. `tls` makes STARTTLS work. `in_the_clear`
    lists the verbs that came unencrypted.
    """

    script: Mapping[str, Action] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    packets: Packets = Packets.WHOLE
    strikes: Container[int] = range(1_000_000)
    tls: ssl.SSLContext | None = None
    taken: list[Taken] = field(default_factory=list)
    begun: int = 0
    mails: int = 0
    connections: int = 0
    port: int = 0
    in_the_clear: list[str] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._sessions: set[asyncio.Task[None]] = set()
        listening = socket.create_server(("127.0.0.1", self.port))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        self._server = await asyncio.start_server(self._accept, sock=listening)
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

    async def take(self, taken: Taken) -> None:
        """Take responsibility for a message."""
        self.taken.append(taken)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        self.connections += 1
        try:
            await _Session(self, reader, writer).run()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went, or the relay is being shut down
        except RuntimeError:  # what uvloop says of a connection that the client cut
            assert writer.is_closing()
        finally:
            self._sessions.discard(task)
            writer.close()


class _Cut(ConnectionError):
    """The relay ends the session, or the client did."""


class _Session:
    """One connection."""

    def __init__(
        self, relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._relay, self._reader, self._writer = relay, reader, writer
        self._waiting = b""
        self._number = 0
        self._encrypted = False
        self._sender, self._recipients = "", list[str]()

    async def run(self) -> None:
        await self._answer("banner")
        while line := (await self._line()).decode("utf-8", "replace").strip():
            verb = line.split(maxsplit=1)[0].upper()
            if not self._encrypted:
                self._relay.in_the_clear.append(verb)
            await self._obey(verb, line)
            if verb == "QUIT":
                return

    async def _obey(self, verb: str, line: str) -> None:
        if verb == "EHLO":
            await self._say("".join(f"250-{one}\r\n" for one in ("relay.test", *self._offered())))
        if verb == "MAIL":
            self._relay.mails += 1
            self._number, self._sender, self._recipients = self._relay.mails, _path(line), []
        code = await self._answer(verb)
        if verb == "STARTTLS" and code == "220":
            await self._flush()
            assert self._relay.tls
            await self._writer.start_tls(self._relay.tls)
            self._encrypted = True
        if verb == "RCPT" and code.startswith("2"):
            self._recipients.append(_path(line))
        if verb == "DATA" and code == "354":
            await self._message()

    def _offered(self) -> tuple[str, ...]:
        offered = self._relay.extensions
        return offered if self._relay.tls is None or self._encrypted else ("STARTTLS", *offered)

    async def _message(self) -> None:
        data = await self._body()
        taken = [Taken(self._sender, recipient, data) for recipient in self._recipients]
        action = self._action("dot")
        if action == TAKE_AND_DROP or _text(action).startswith("2"):
            for one in taken:
                await self._relay.take(one)
        if action == TAKE_AND_DROP:
            raise _Cut
        await self._answer("dot")
        if idle := self._action("idle"):
            await self._perform(idle)

    async def _body(self) -> bytes:
        """The message without its dot."""
        lines: list[bytes] = []
        self._relay.begun += 1
        if self._action("body") == HANG:
            await asyncio.sleep(3600)
        while line := await self._line():
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)
            if self._action("body") == DROP or (line == LAST_LINE and self._action("end") == DROP):
                break
        raise _Cut

    async def _answer(self, stage: str) -> str:
        """What the script says, and its reply code; raises `_Cut` when that ends the session."""
        action = self._action(stage)
        await self._perform(action)
        return _text(action)[:3]

    async def _perform(self, action: Action) -> None:
        if action == HANG:
            await self._flush()
            await asyncio.sleep(3600)
        if action == DROP:
            await self._flush()
            raise _Cut
        match action:
            case Late(_, seconds):
                await self._flush()
                await asyncio.sleep(seconds)
            case Dripped(reply, seconds):
                for character in reply:
                    await self._send(character.encode())
                    await asyncio.sleep(seconds)
                await self._send(b"\r\n")
                return
            case Endless(piece):
                while True:
                    await self._send(piece.encode())
                    await asyncio.sleep(0.005)
        await self._say(f"{_text(action)}\r\n")
        if _text(action).startswith("421"):
            await self._flush()
            raise _Cut

    def _action(self, stage: str) -> Action:
        struck = stage not in PER_MESSAGE or self._number in self._relay.strikes
        if struck and stage in self._relay.script:
            return self._relay.script[stage]
        if stage in ("DATA", "dot") and not self._recipients:
            return NOBODY
        return USUAL.get(stage, "" if stage in PER_MESSAGE else "502 5.5.1 what?")

    async def _line(self) -> bytes:
        """The next line; a pending reply goes out once the client waits for it."""
        if self._waiting:
            try:
                return await asyncio.wait_for(self._reader.readline(), 0.01)
            except TimeoutError:
                await self._flush()
        return await self._reader.readline()

    async def _say(self, text: str) -> None:
        data = text.encode("utf-8", "surrogateescape")
        if self._relay.packets is Packets.JOINED:
            self._waiting += data
        elif self._relay.packets is Packets.SPLIT:
            for start in range(0, len(data), 5):
                await self._send(data[start : start + 5])
                await asyncio.sleep(0.001)
        else:
            await self._send(data)

    async def _flush(self) -> None:
        waiting, self._waiting = self._waiting, b""
        await self._send(waiting)

    async def _send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()


def _text(action: Action) -> str:
    match action:
        case Late(reply, _) | Dripped(reply, _):
            return reply
        case Endless(piece):
            return piece
    return action


def _path(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]


@asynccontextmanager
async def relay(**script: Action) -> AsyncIterator[Relay]:
    """A relay for one test: `async with relay(RCPT='550 5.1.1 no such user') as there:`."""
    async with Relay(script=script) as running:
        yield running
