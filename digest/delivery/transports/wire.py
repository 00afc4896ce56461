"""Sends commands and reads replies on an SMTP session that is greeted, encrypted and logged in.

A reply belongs to the oldest command without one, so several commands may go out
together (RFC 2920). An unsolicited reply, or text that is not a reply, ends the session:
from then on replies could not be matched to commands. A deadline covers the whole reply,
even if it arrives byte by byte (RFC 5321 section 4.5.3.2).
"""

import asyncio
from collections import deque

from digest.delivery.ports import Reply

LONGEST_REPLY = 64 * 1024
# The second half of a CR LF may come in another packet, but it does come.
LF_SECONDS = 10.0
BARE_LF = "a line that ends with a bare LF, not CR LF"
BARE_CR = "a line that ends with a bare CR, not CR LF"


class SessionLost(Exception):
    """The session has ended; the text says why."""


class Wire(asyncio.Protocol):
    """Takes over `transport`, and the bytes that were `received` on it but not yet read."""

    def __init__(self, transport: asyncio.Transport, received: bytes = b"") -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._received = b""
        self._lines: list[bytes] = []
        self._size = 0
        self._replies: deque[Reply] = deque()
        self._owed = 0
        self._waiting: asyncio.Future[None] | None = None
        self._deadline, self._late = 0.0, ""
        self._alarm: asyncio.TimerHandle | None = None
        self._full = False
        self._lost: str | None = None
        # As low as possible, so that `drained` means written. Not 0: over TLS asyncio would
        # take an empty buffer for a full one.
        transport.set_write_buffer_limits(high=1)
        transport.set_protocol(self)
        if received:
            self.data_received(received)

    @property
    def lost(self) -> str | None:
        """Why the session is over; None while it is not."""
        if self._lost is None and self._transport.is_closing():
            return "connection lost"
        return self._lost

    def send(self, data: bytes, replies: int) -> None:
        """Write `data`; the relay then owes so many `replies`. `SessionLost`: nothing was sent."""
        if self.lost is not None:
            raise SessionLost(self.lost)
        self._owed += replies
        self._transport.write(data)

    async def reply(self, seconds: float) -> Reply:
        """The next reply that is owed; raises `SessionLost` if it is not here in `seconds`."""
        while not self._replies:
            await self._wait(seconds, "no reply in time")
        return self._replies.popleft()

    async def drained(self, seconds: float) -> None:
        """Wait until all is written, or the relay replies; raises `SessionLost`, also if slow."""
        while self._full and not self._replies:
            await self._wait(seconds, "the relay takes no more data")

    def cut(self, why: str = "cut") -> None:
        """End the session at once; discard what is not written yet."""
        if self._lost is None:
            self._lost = why
            if self._alarm is not None:
                self._alarm.cancel()
        self._transport.abort()
        self._wake()

    def close(self) -> None:
        """End the session once everything sent is written."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio with a part of a line, or many lines."""
        *lines, self._received = (self._received + data).split(b"\r\n")
        self._size += len(data)
        for line in lines:
            if self._lost is not None:
                return  # after a cut, the rest would count as replies to other commands
            trouble = _trouble(line)
            if trouble:
                self.cut(f"not an SMTP reply: {trouble}")
                return
            self._lines.append(line)
            if line[3:4] != b"-":
                self._take(b"\n".join(self._lines))
                self._lines, self._size = [], len(self._received)
        if self._size > LONGEST_REPLY:
            self.cut("a reply without end")
        elif self._received:
            self._check_begun(self._received)

    def _check_begun(self, line: bytes) -> None:
        """End the session for a line that would never be whole."""
        trouble = _trouble(line.removesuffix(b"\r"))
        if trouble:
            self.cut(f"not an SMTP reply: {trouble}")
        elif line.endswith(b"\r"):
            self._loop.call_later(LF_SECONDS, self._expect_more, line)

    def _expect_more(self, line: bytes) -> None:
        if self._received is line and self._lost is None:
            self.cut(f"not an SMTP reply: {BARE_CR}")

    def eof_received(self) -> bool:
        """Called by asyncio: the relay will send no more; close."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio, however the connection ended."""
        if self._lost is None:
            self._lost = f"connection lost{f': {exc}' if exc else ''}"
        if self._alarm is not None:
            self._alarm.cancel()
        self._wake()

    def pause_writing(self) -> None:
        """Called by asyncio: the relay does not read as fast as we write."""
        self._full = True

    def resume_writing(self) -> None:
        """Called by asyncio: everything is written."""
        self._full = False
        self._wake()

    def _take(self, reply: bytes) -> None:
        """Take in a whole reply; its lines are joined, without the repeated code."""
        code, text = reply[:3], b" ".join(line[4:] for line in reply.split(b"\n"))
        if not 200 <= int(code) < 600:
            self.cut(f"not an SMTP reply: {_legible(reply[:80])}")
        elif not self._owed:
            self.cut(_legible(reply[:200]))
        else:
            self._owed -= 1
            self._replies.append(Reply(int(code), _legible(text)))
            self._wake()

    async def _wait(self, seconds: float, late: str) -> None:
        if self._lost is not None:
            raise SessionLost(self._lost)
        self._waiting = self._loop.create_future()
        self._late = late
        self._set_deadline(self._loop.time() + seconds)
        try:
            await self._waiting
        finally:
            self._waiting = None

    def _set_deadline(self, at: float) -> None:
        """Keep one timer for all deadlines: a timer per message would cost more than the message.

        It may ring before the current deadline, and is then set to it.
        """
        self._deadline = at
        if self._alarm is None or at < self._alarm.when():
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._loop.call_at(at, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._waiting is None:
            return
        if self._loop.time() < self._deadline:
            self._set_deadline(self._deadline)
        else:
            self.cut(self._late)

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


def _trouble(line: bytes) -> str | None:
    """Why a line, whole or only begun, is none of a reply (RFC 5321 sections 2.3.8 and 4.2)."""
    if b"\n" in line:
        return BARE_LF
    if b"\r" in line:
        return BARE_CR
    return None if line[:3].isdigit() else _legible(line[:80]) or "an empty line"


def _legible(text: bytes) -> str:
    return text.decode("utf-8", "replace").strip()
