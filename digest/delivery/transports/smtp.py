"""SMTP through aiosmtplib; the only file that imports it.

The commands are sent one by one and the final dot apart (RFC 5321 section
4.1.1.4), because a connection lost before the body, within it, after a refused
dot and after an accepted dot must lead to four different records. Deadlines are
those of RFC 5321 section 4.5.3.2, each for the whole reply.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import aiosmtplib

from digest.delivery.ports import (
    Interrupted,
    OutcomeUnknown,
    Outgoing,
    Refused,
    RelayRefused,
    RelayUnavailable,
    Reply,
)
from digest.delivery.relay import Relay, Tls


@dataclass(frozen=True)
class Deadlines:
    """Seconds to wait at each stage."""

    connect: float = 30
    command: float = 300
    data: float = 120
    write: float = 180
    dot: float = 600


WRITE_SIZE = 64 * 1024
ABORTED = (aiosmtplib.SMTPException, OSError)


@dataclass(frozen=True)
class SmtpTransport:
    """Opens sessions with one relay; `ehlo` is the name this host gives."""

    relay: Relay
    ehlo: str
    deadlines: Deadlines = Deadlines()
    tls_context: ssl.SSLContext | None = None

    async def connect(self) -> "SmtpConnection":
        """Connect, greet, encrypt as the relay's settings demand, and log in."""
        client = aiosmtplib.SMTP(
            hostname=self.relay.host,
            local_hostname=self.ehlo,
            use_tls=self.relay.tls is Tls.IMPLICIT,
            start_tls=False,
            tls_context=self.tls_context,
            timeout=self.deadlines.command,
        )
        try:
            await self._open(client)
        except BaseException:
            client.close()
            raise
        return SmtpConnection(client, self.deadlines)

    async def _open(self, client: aiosmtplib.SMTP) -> None:
        with _explained(f"connecting to {self.relay}"):
            await client.connect(sock=await self._reach())
            await client.ehlo()
        if self.relay.tls is Tls.STARTTLS:
            with _explained("starting TLS", settings_at_fault=True):
                await client.starttls()
                await client.ehlo()
        if self.relay.username is not None:
            with _explained("logging in", settings_at_fault=True):
                await client.login(self.relay.username, self.relay.password or "")

    async def _reach(self) -> socket.socket:
        """A connected socket: the relay's first address that answers within the deadline.

        Made here because aiosmtplib has one time-out for connecting and for the
        banner, where the RFC asks for seconds and for minutes.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self.relay.host, self.relay.port, type=socket.SOCK_STREAM)
        failure: OSError = OSError("no address")
        for family, kind, protocol, _, address in found:
            candidate = socket.socket(family, kind, protocol)
            candidate.setblocking(False)
            try:
                async with asyncio.timeout(self.deadlines.connect):
                    await loop.sock_connect(candidate, address)
                return candidate
            except OSError as error:  # TimeoutError is one
                candidate.close()
                failure = error
        raise failure


@contextmanager
def _explained(stage: str, *, settings_at_fault: bool = False) -> Iterator[None]:
    """Sort what fails before the first recipient into 'later' and 'never like this'."""
    try:
        yield
    except aiosmtplib.SMTPResponseException as error:
        reply = Reply(error.code, error.message)
        if error.code == 421 or (400 <= error.code < 500 and not settings_at_fault):
            raise RelayUnavailable(f"{stage}: {reply}") from None
        raise RelayRefused(f"{stage}: {reply}") from None
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, TimeoutError) as error:
        raise RelayUnavailable(f"{stage}: {error or 'no answer in time'}") from None
    except (ssl.SSLError, ssl.CertificateError) as error:
        raise RelayRefused(f"{stage}: {error}") from None
    except OSError as error:
        if isinstance(error.__cause__, ssl.SSLError):
            raise RelayRefused(f"{stage}: {error.__cause__}") from None
        raise RelayUnavailable(f"{stage}: {error}") from None
    except aiosmtplib.SMTPException as error:
        raise RelayRefused(f"{stage}: {error}") from None


class SmtpConnection:
    """One session; after an exception other than `Refused` it is of no further use."""

    def __init__(self, client: aiosmtplib.SMTP, deadlines: Deadlines) -> None:
        self._client = client
        self._deadlines = deadlines

    async def stage(self, message: Outgoing) -> None:
        """MAIL, RCPT, DATA and the body; everything but the dot."""
        if message.needs_smtputf8 and not self._client.supports_extension("smtputf8"):
            raise Refused(Reply(553, "5.6.7 the relay does not take SMTPUTF8 addresses"))
        await self._mail(message)
        await self._ask(f"RCPT TO:<{message.recipient}>", 250, 251)
        await self._ask("DATA", 354, deadline=self._deadlines.data)
        await self._write(message.data)

    async def finish(self) -> Reply:
        """The dot, and its reply."""
        if not self._client.is_connected:
            raise Interrupted("the relay closed the connection before the final dot")
        try:
            answer = await self._client.execute_command(b".", timeout=self._deadlines.dot)
        except aiosmtplib.SMTPResponseException as error:
            self._client.close()
            raise OutcomeUnknown(f"an unreadable reply to the dot: {error.message}") from None
        except ABORTED as error:
            raise OutcomeUnknown(f"no reply to the dot: {error}") from None
        return Reply(answer.code, answer.message)

    async def abandon(self) -> None:
        """Cut the line: without the dot the relay must discard (RFC 5321 section 4.1.1.4)."""
        transport = self._client.transport
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
        self._client.close()

    async def close(self) -> None:
        """QUIT, and do not insist."""
        try:
            await self._client.quit(timeout=5)
        except ABORTED:
            self._client.close()

    async def _mail(self, message: Outgoing) -> None:
        smtputf8 = " SMTPUTF8" if message.needs_smtputf8 else ""
        command = f"MAIL FROM:<{message.return_path}>{smtputf8}".encode()
        with _explained("MAIL"):
            answer = await self._client.execute_command(command)
            if answer.code != 250:
                raise aiosmtplib.SMTPResponseException(answer.code, answer.message)

    async def _ask(self, command: str, *good: int, deadline: float | None = None) -> None:
        """A command whose refusal concerns this reader only."""
        try:
            answer = await self._client.execute_command(
                command.encode(), timeout=deadline or self._deadlines.command
            )
        except ABORTED as error:
            raise Interrupted(f"{command[:4]}: {error}") from None
        reply = Reply(answer.code, answer.message)
        if answer.code in good:
            return
        if answer.code == 421:
            raise RelayUnavailable(f"{command[:4]}: {reply}")
        await self._reset()
        raise Refused(reply)

    async def _reset(self) -> None:
        try:
            await self._client.execute_command(b"RSET")
        except ABORTED:
            self._client.close()  # seen by the next stage()

    async def _write(self, data: bytes) -> None:
        """The body, dot-stuffed; each write within its deadline."""
        wire = data if not _needs_stuffing(data) else _stuffed(data)
        protocol = self._client.protocol
        try:
            for start in range(0, len(wire), WRITE_SIZE):
                if protocol is None:
                    raise aiosmtplib.SMTPServerDisconnected("connection lost")
                protocol.write(wire[start : start + WRITE_SIZE])
                drained = protocol._drain_helper()
                await asyncio.wait_for(drained, self._deadlines.write)
        except (*ABORTED, TimeoutError) as error:
            await self.abandon()
            raise Interrupted(f"in the body: {error}") from None


def _needs_stuffing(data: bytes) -> bool:
    return data.startswith(b".") or b"\r\n." in data


def _stuffed(data: bytes) -> bytes:
    """RFC 5321 section 4.5.2."""
    doubled = data.replace(b"\r\n.", b"\r\n..")
    return b"." + doubled if doubled.startswith(b".") else doubled
