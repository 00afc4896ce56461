"""One SMTP session: the envelope, the body, and the final dot apart (RFC 5321 section 4.1.1.4).

The dot is held back until the ledger has armed the delivery. Where the relay
offers PIPELINING (RFC 2920) the dot, MAIL, RCPT and DATA of the next message go
out in one write, so that a message costs two round trips instead of five.
"""

from dataclasses import dataclass

from digest.delivery.ports import (
    Interrupted,
    MessageRefused,
    OutcomeUnknown,
    Outgoing,
    RelayRefused,
    RelayUnavailable,
    Reply,
)
from digest.delivery.transports.wire import SessionLost, Wire

DOT = b".\r\n"
DATA = b"DATA\r\n"


@dataclass(frozen=True)
class Deadlines:
    """Seconds to wait at each stage (RFC 5321 section 4.5.3.2)."""

    connect: float = 30
    command: float = 300
    data: float = 120
    write: float = 180
    dot: float = 600
    quit: float = 5


@dataclass(frozen=True)
class SmtpExtensions:
    """What the relay offered in its EHLO reply. `size` is in bytes; None: no limit told."""

    pipelining: bool = False
    smtputf8: bool = False
    size: int | None = None


class SmtpConnection:
    """A greeted session; see the port `Connection`."""

    def __init__(self, wire: Wire, offers: SmtpExtensions, deadlines: Deadlines) -> None:
        self._wire, self._offers, self._deadlines = wire, offers, deadlines
        self._offered: Outgoing | None = None
        self._ahead = 0  # commands of the offered envelope that wait for their replies

    @property
    def usable(self) -> bool:
        """False once the session is known to be over."""
        return self._wire.lost is None

    async def stage(self, message: Outgoing) -> None:
        """MAIL, RCPT, DATA and the body; everything but the dot."""
        if self._offered is not None and self._offered is not message:
            self._wire.cut()  # its dot would send the other one, empty
            raise RelayUnavailable("the session was offered another message")
        self._check(message)
        try:
            if self._offered is None and self._offers.pipelining:
                self._wire.send(_envelope(message), 3)
                self._offered, self._ahead = message, 3
        except SessionLost as lost:
            raise RelayUnavailable(f"MAIL: {lost}") from None
        await self._mail(message)
        refusal = await self._recipient(message)
        if refusal is not None:
            await self._forget()
            raise MessageRefused(refusal)
        await self._body(message)

    async def finish(self, then: Outgoing | None = None) -> Reply:
        """The dot, and its reply."""
        ahead = then is not None and self._offers.pipelining and self._takes(then)
        try:
            if then is not None and ahead:
                self._wire.send(DOT + _envelope(then), 4)
                self._offered, self._ahead = then, 3
            else:
                self._wire.send(DOT, 1)
        except SessionLost as lost:
            raise Interrupted(f"before the final dot: {lost}") from None
        try:
            return await self._wire.reply(self._deadlines.dot)
        except SessionLost as lost:
            raise OutcomeUnknown(f"no reply to the dot: {lost}") from None

    async def abandon(self) -> None:
        """Cut the line: without the dot the relay must discard (RFC 5321 section 4.1.1.4)."""
        self._wire.cut()

    async def close(self) -> None:
        """QUIT, and do not insist."""
        if self._offered is not None:  # it would read QUIT as the text of a message
            self._wire.cut()
            return
        try:
            self._wire.send(b"QUIT\r\n", 1)
            await self._wire.reply(self._deadlines.quit)
        except SessionLost:
            return
        self._wire.close()

    def _takes(self, message: Outgoing) -> bool:
        size = self._offers.size
        return (self._offers.smtputf8 or not message.needs_smtputf8) and (
            not size or len(message.data) <= size
        )

    def _check(self, message: Outgoing) -> None:
        """Refuse what this relay would, before it is told of it."""
        if self._takes(message):
            return
        if message.needs_smtputf8 and not self._offers.smtputf8:
            raise MessageRefused(Reply(553, "5.6.7 the relay does not take SMTPUTF8 addresses"))
        raise MessageRefused(
            Reply(552, f"5.3.4 the relay takes {self._offers.size} bytes, and not a larger message")
        )

    async def _mail(self, message: Outgoing) -> None:
        """A refusal of MAIL is about us, not about the reader."""
        try:
            reply = await self._ask(_mail(message), self._deadlines.command)
        except SessionLost as lost:
            raise RelayUnavailable(f"MAIL: {lost}") from None
        if reply.code == 250:
            return
        self._wire.cut()
        if reply.code < 500:
            raise RelayUnavailable(f"MAIL: {reply}")
        raise RelayRefused(f"MAIL: {reply}")

    async def _recipient(self, message: Outgoing) -> Reply | None:
        """RCPT and DATA; the reply that refuses this reader's message, if one does."""
        try:
            reply = await self._ask(_rcpt(message), self._deadlines.command)
            if reply.code < 300:
                reply = await self._ask(DATA, self._deadlines.data)
                if reply.code == 354:
                    return None
        except SessionLost as lost:
            raise Interrupted(f"before the body: {lost}") from None
        if reply.code == 421:
            self._wire.cut()
            raise RelayUnavailable(f"RCPT: {reply}")
        if reply.code < 400:  # out of step: who knows what the next dot would send
            self._wire.cut()
            raise Interrupted(f"before the body: {reply}")
        return reply

    async def _forget(self) -> None:
        """A refusal is known, whatever becomes of the session after it."""
        try:
            await self._clear()
        except SessionLost:
            self._offered = None

    async def _clear(self) -> None:
        """Leave nothing of a refused envelope in the session.

        DATA sent along may be accepted though every recipient was refused; then only an
        empty text ends it (RFC 2920 section 3.1), and its reply counts for nothing.
        """
        while self._ahead:
            reply = await self._ask(b"", self._deadlines.command)
            if not self._ahead and reply.code == 354:
                self._wire.send(DOT, 1)
                await self._wire.reply(self._deadlines.dot)
        self._offered = None
        await self._ask(b"RSET\r\n", self._deadlines.command)

    async def _body(self, message: Outgoing) -> None:
        self._offered = None
        try:
            self._wire.send(message.data, 0)
            await self._wire.drained(self._deadlines.write)
        except SessionLost as lost:
            raise Interrupted(f"in the body: {lost}") from None

    async def _ask(self, command: bytes, seconds: float) -> Reply:
        """The reply to a command, which is sent now unless it went ahead."""
        if self._ahead:
            self._ahead -= 1
        else:
            self._wire.send(command, 1)
        return await self._wire.reply(seconds)


def _mail(message: Outgoing) -> bytes:
    smtputf8 = " SMTPUTF8" if message.needs_smtputf8 else ""
    return f"MAIL FROM:<{message.return_path}>{smtputf8}\r\n".encode()


def _rcpt(message: Outgoing) -> bytes:
    return f"RCPT TO:<{message.recipient}>\r\n".encode()


def _envelope(message: Outgoing) -> bytes:
    return _mail(message) + _rcpt(message) + DATA
