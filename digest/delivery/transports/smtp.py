"""Opens SMTP sessions through aiosmtplib; the only file that imports it.

aiosmtplib connects, greets, encrypts and logs in. Then `SmtpConnection` takes the session
over (ADR 0009), because aiosmtplib cannot pipeline, runs regular expressions over every
body, and raises the same error for a connection lost before the body as for one lost
after the dot.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import aiosmtplib

from digest.delivery.ports import RelayRefused, RelayUnavailable, Reply
from digest.delivery.relay_address import RelayAddress, Tls
from digest.delivery.transports.login import log_in
from digest.delivery.transports.smtp_session import Deadlines, SmtpConnection, SmtpExtensions
from digest.delivery.transports.wire import Wire

__all__ = ["Deadlines", "SmtpTransport"]

LONGEST_QUOTE = 200


@dataclass(frozen=True)
class SmtpTransport:
    """Opens sessions with one relay; `ehlo` is the name this host gives."""

    relay: RelayAddress
    ehlo: str
    deadlines: Deadlines = field(default_factory=Deadlines)
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
        return SmtpConnection(_taken_over(client), _extensions(client), self.deadlines)

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
                offered = client.server_auth_methods
                password = self.relay.password or ""
                await log_in(partial(_ask, client), offered, self.relay.username, password)

    async def _reach(self) -> socket.socket:
        """A connected socket to the first of the relay's addresses that answers in time.

        Not left to aiosmtplib, which has one time-out for connecting and for the banner:
        a dead host should fail within seconds, but a busy relay may take minutes to greet.
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
            except BaseException:
                candidate.close()
                raise
        raise failure


async def _ask(client: aiosmtplib.SMTP, line: bytes) -> Reply:
    reply = await client.execute_command(line)
    return Reply(reply.code, reply.message)


@contextmanager
def _explained(stage: str, *, settings_at_fault: bool = False) -> Iterator[None]:
    """Turn what fails before the first recipient into `RelayUnavailable` or `RelayRefused`.

    `settings_at_fault`: a 4xx counts as a refusal too. Many relays answer a wrong password
    or a TLS problem with 454 (RFC 4954, RFC 3207), and a retry would not help.
    """
    try:
        yield
    except aiosmtplib.SMTPResponseException as error:
        if error.code == aiosmtplib.SMTPStatus.invalid_response:
            text = " ".join(error.message.split())[:LONGEST_QUOTE]
            raise RelayRefused(f"{stage}: not an SMTP reply: {text}") from None
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


def _taken_over(client: aiosmtplib.SMTP) -> Wire:
    """Take the connection over from the client, which must not be used again."""
    transport, protocol = client.transport, client.protocol
    assert transport is not None
    assert protocol is not None
    wire = Wire(cast(asyncio.Transport, transport), bytes(protocol._buffer))
    client.transport = client.protocol = None  # or it would close our connection when it ends
    return wire


def _extensions(client: aiosmtplib.SMTP) -> SmtpExtensions:
    """From the last EHLO reply: after STARTTLS only that one counts (RFC 3207 section 4.2)."""
    size = client.esmtp_extensions.get("size", "")
    return SmtpExtensions(
        pipelining=client.supports_extension("pipelining"),
        smtputf8=client.supports_extension("smtputf8"),
        size=int(size) or None if size.isdecimal() else None,
    )
