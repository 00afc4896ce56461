"""One SMTP session, which sends the final dot apart from the body (RFC 5321 section 4.1.1.4).

The dot is withheld until the ledger has armed the delivery. With PIPELINING (RFC 2920)
the dot goes out in one write with MAIL, RCPT and DATA of the next message, so that a
message costs two round trips instead of five.
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
from digest.delivery.replies import Stage
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
    """The extensions in the relay's EHLO reply. `size` is in bytes; None: no limit announced."""

    pipelining: bool = False
    smtputf8: bool = False
    size: int | None = None


class SmtpConnection:
    """A greeted session; see the port `Connection`."""

    def __init__(self, wire: Wire, extensions: SmtpExtensions, deadlines: Deadlines) -> None:
        self._wire, self._extensions, self._deadlines = wire, extensions, deadlines
        self._offered: Outgoing | None = None
        self._ahead = 0  # commands of that envelope whose replies are still to be read

    @property
    def usable(self) -> bool:
        """False once the session is known to be over."""
        return self._wire.lost is None

    async def stage(self, message: Outgoing) -> None:
        """MAIL, RCPT, DATA and the body; everything but the dot."""
        if self._offered is not None and self._offered is not message:
            # The relay waits for the other message's text: a dot now would deliver that one, empty.
            self._wire.cut()
            raise RelayUnavailable("the session was offered another message")
        self._check(message)
        try:
            if self._offered is None and self._extensions.pipelining:
                self._wire.send(_envelope(message), 3)
                self._offered, self._ahead = message, 3
        except SessionLost as lost:
            raise RelayUnavailable(f"MAIL: {lost}") from None
        await self._mail(message)
        refusal = await self._recipient(message)
        if refusal is not None:
            await self._forget()
            raise refusal
        await self._body(message)

    async def finish(self, then: Outgoing | None = None) -> Reply:
        """The dot, and its reply."""
        ahead = then is not None and self._extensions.pipelining and self._takes(then)
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
        """Cut the connection: without the dot the relay must discard the message.

        RFC 5321 section 4.1.1.4. RSET is no way out: within DATA it would be text.
        """
        self._wire.cut()

    async def probe(self) -> None:
        """Ask for one reply; raises `RelayUnavailable` if it is none that we can read."""
        try:
            await self._ask(b"RSET\r\n", self._deadlines.command)
        except SessionLost as lost:
            raise RelayUnavailable(f"RSET: {lost}") from None

    async def close(self) -> None:
        """Send QUIT, and wait only briefly for its reply."""
        if self._offered is not None:  # after DATA the relay would read QUIT as message text
            self._wire.cut()
            return
        try:
            self._wire.send(b"QUIT\r\n", 1)
            await self._wire.reply(self._deadlines.quit)
        except SessionLost:
            return
        self._wire.close()

    def _takes(self, message: Outgoing) -> bool:
        size = self._extensions.size
        return (self._extensions.smtputf8 or not message.needs_smtputf8) and (
            not size or len(message.data) <= size
        )

    def _check(self, message: Outgoing) -> None:
        """Refuse a message that this relay cannot take, before it is offered."""
        if self._takes(message):
            return
        if message.needs_smtputf8 and not self._extensions.smtputf8:
            raise MessageRefused(Reply(553, "5.6.7 the relay does not take SMTPUTF8 addresses"))
        raise MessageRefused(
            Reply(552, f"5.3.4 the relay takes at most {self._extensions.size} bytes")
        )

    async def _mail(self, message: Outgoing) -> None:
        """Send MAIL. Its refusal is about the sender or the relay, never about the reader."""
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

    async def _recipient(self, message: Outgoing) -> MessageRefused | None:
        """Send RCPT and DATA. Returns the refusal of this message, or None."""
        stage = Stage.RCPT
        try:
            reply = await self._ask(_rcpt(message), self._deadlines.command)
            if reply.code < 300:
                stage = Stage.DATA
                reply = await self._ask(DATA, self._deadlines.data)
                if reply.code == 354:
                    return None
        except SessionLost as lost:
            raise Interrupted(f"before the body: {lost}") from None
        if reply.code == 421:
            self._wire.cut()
            raise RelayUnavailable(f"RCPT: {reply}")
        # A 2xx or another 3xx to DATA: we are out of step, and the next dot might send anything.
        if reply.code < 400:
            self._wire.cut()
            raise Interrupted(f"before the body: {reply}")
        return MessageRefused(reply, stage)

    async def _forget(self) -> None:
        """Clear the session after a refusal; the refusal stands even if that fails."""
        try:
            await self._clear()
        except SessionLost:
            self._offered = None

    async def _clear(self) -> None:
        """Leave nothing of a refused envelope in the session.

        A pipelined DATA may be accepted although every recipient was refused. Then only
        an empty text ends it (RFC 2920 section 3.1), whose reply means nothing.
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
        """The reply to a command, which is sent now unless it was sent ahead."""
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
