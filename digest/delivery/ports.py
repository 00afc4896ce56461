"""The transport port: a connection stages a message, then finishes or abandons it.

Staging hands over everything but the final dot. `finish` sends the dot and so permits
delivery; `abandon` takes the message back. The ledger arms the delivery between the two:
a reader who unsubscribed a moment ago gets no mail, and a crash leaves an unknown outcome
only for deliveries that were armed.

Exceptions:

    TransportError
    ├── RelayUnavailable   the relay's fault, not the reader's: back off and retry later
    ├── RelayRefused       the relay rejects our settings: a person must act
    ├── MessageRefused     this message or recipient is refused; carries the reply
    ├── Interrupted        connection lost before the dot: certainly not sent
    └── OutcomeUnknown     connection lost after the dot: sent or not, nobody knows
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

from digest.delivery.replies import Stage


@dataclass(frozen=True)
class Reply:
    """An SMTP reply: its code, and the text after it."""

    code: int
    text: str = ""

    @cached_property  # asked for several times for each message
    def enhanced(self) -> str | None:
        """The RFC 3463 status code such as '5.1.1', if given; it outranks the basic code.

        One of another class than the basic code is none: "550 4.4.1" contradicts itself.
        """
        # Some write it as "#5.1.1" or "[5.7.1]".
        match = re.match(r"[\s#(\[]*([245])(\.\d{1,3}\.\d{1,3})\b", self.text)
        same_class = match is not None and match.group(1) == str(self.code)[:1]
        return match.group(1) + match.group(2) if match and same_class else None

    def __str__(self) -> str:
        line = f"{self.code} {' '.join(self.text.split())}"[:500]
        return line.encode("utf-8", "replace").decode()  # a reply may be in any encoding


class Outgoing(NamedTuple):
    """One message to send.

    `data` is the wire form without the final dot. It ends in CRLF, and no line begins with a
    dot (the compiler writes `=2E` instead), so it needs no dot-stuffing (RFC 5321 section 4.5.2).
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
    """A 5xx before RCPT, or AUTH or TLS failed: a retry will not help."""


class MessageRefused(TransportError):
    """The relay refused this recipient or message with `reply`; the connection stays usable.

    `stage`: the command that it answers, if a relay gave it.
    """

    def __init__(self, reply: Reply, stage: Stage | None = None) -> None:
        super().__init__(str(reply))
        self.reply, self.stage = reply, stage


class Interrupted(TransportError):
    """The connection broke before the dot, so the message was certainly not sent."""


class OutcomeUnknown(TransportError):
    """The connection broke after the dot and before the reply."""


class Connection(Protocol):
    """One session with a relay; carries one message at a time.

    After an exception other than `MessageRefused` it must not be used again.
    """

    @property
    def usable(self) -> bool:
        """False once the session is known to have ended."""

    async def stage(self, message: Outgoing) -> None:
        """Hand over all but the dot. Raises any `TransportError` except `OutcomeUnknown`."""

    async def finish(self, then: Outgoing | None = None) -> Reply:
        """Send the dot and return the reply, positive or negative.

        `then` is the message that will be staged next, if it is known: with PIPELINING
        (RFC 2920) its envelope goes out together with the dot. Raises `Interrupted` if
        the dot was certainly not sent, otherwise `OutcomeUnknown`.
        """

    async def abandon(self) -> None:
        """Discard the staged message by cutting the connection: plain DATA has no other undo."""

    async def close(self) -> None:
        """End the session with QUIT. Never raises."""


class Transport(Protocol):
    """Opens connections to one relay."""

    async def connect(self) -> Connection:
        """Open a connection. Raises `RelayUnavailable` or `RelayRefused`."""
