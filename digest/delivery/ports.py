"""The transport port: a connection stages a message, and only then lets it go.

Staging hands over everything but the permission to deliver; `finish` gives it,
`abandon` takes the message back. Between the two the ledger arms the delivery,
so a reader who unsubscribed a moment ago is not written to, and a crash leaves
an outcome unknown only for what was armed.

What can go wrong is told by exception:

    TransportError
    ├── RelayUnavailable   the relay, not the reader: back off, try again later
    ├── RelayRefused       the relay will not work with these settings; a person must act
    ├── Refused            this message or recipient; carries the reply
    ├── Interrupted        lost before the dot; certainly not sent
    └── OutcomeUnknown     lost after the dot; nobody knows
"""

import re
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class Reply:
    """An SMTP reply. `enhanced` is the RFC 3463 code such as '5.1.1', if given."""

    code: int
    text: str = ""

    @property
    def enhanced(self) -> str | None:
        """The RFC 3463 status code; it outranks the basic code."""
        match = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})\b", self.text)
        return match.group(1) if match else None

    def __str__(self) -> str:
        line = f"{self.code} {' '.join(self.text.split())}"[:500]
        return line.encode("utf-8", "replace").decode()  # a reply may be in any encoding


class Outgoing(NamedTuple):
    """One message on its way.

    `data` is the wire form (RFC 5321 section 4.5.2) without the final dot: it ends in CRLF,
    and no line of it begins with a dot, since the compiler writes those as `=2E`.
    """

    delivery_id: int
    return_path: str
    recipient: str
    data: bytes
    needs_smtputf8: bool = False


class TransportError(Exception):
    """Base of what a transport raises."""


class RelayUnavailable(TransportError):
    """No connection, a slow banner, a 4xx before RCPT, or a 421 anywhere."""


class RelayRefused(TransportError):
    """A 5xx before RCPT, or failing AUTH or TLS: trying again will not help."""


class MessageRefused(TransportError):
    """The relay refused this recipient or message with `reply`; the connection lives on."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class Interrupted(TransportError):
    """The connection broke before the dot: certainly not sent."""


class OutcomeUnknown(TransportError):
    """The connection broke after the dot, before the reply."""


class Connection(Protocol):
    """One session with a relay; carries one message at a time.

    After an exception other than `Refused` it is of no further use.
    """

    @property
    def usable(self) -> bool:
        """False once the session is known to be over."""

    async def stage(self, message: Outgoing) -> None:
        """Hand over the message but not the dot. Raises any TransportError but OutcomeUnknown."""

    async def finish(self, then: Outgoing | None = None) -> Reply:
        """Send the dot and wait for its reply, whatever that is.

        `then` is the message that will be staged next, if that is known: a relay that
        pipelines (RFC 2920) is offered its envelope together with the dot. Raises
        `Interrupted` when the dot was certainly not sent, else `OutcomeUnknown`.
        """

    async def abandon(self) -> None:
        """Take the staged message back by cutting the connection."""

    async def close(self) -> None:
        """End politely. Never raises."""


class Transport(Protocol):
    """Opens connections."""

    async def connect(self) -> Connection:
        """Open one. Raises `RelayUnavailable` or `RelayRefused`."""
