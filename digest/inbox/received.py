"""The messages in the inbox: a list of them, and one message parsed.

Anybody may send anything to the inbox, so nothing here trusts a header, a charset or
a MIME structure: what cannot be decoded is shown as well as possible.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32
from pathlib import Path

from digest.errors import NotFound
from digest.inbox import folder as files


@dataclass(frozen=True)
class MessageSummary:
    """A message in the list. `size` is in bytes."""

    id: str
    received_at: datetime
    mail_from: str
    rcpt_to: tuple[str, ...]
    sender: str
    subject: str
    size: int


@dataclass(frozen=True)
class ReceivedMessage:
    """One message: decoded headers, the bodies that it has, and the exact bytes received."""

    summary: MessageSummary
    headers: tuple[tuple[str, str], ...]
    html: str | None
    text: str | None
    raw: bytes


def list_messages(folder: Path, limit: int, *, skip: int = 0) -> list[MessageSummary]:
    """Up to `limit` messages, newest first, after the `skip` newest."""
    return list(_summaries(folder, files.message_ids(folder)[skip : skip + limit]))


def count_messages(folder: Path) -> int:
    """How many messages the folder holds."""
    return len(files.message_ids(folder))


def read_message(folder: Path, message_id: str) -> ReceivedMessage:
    """One message, parsed. Raises `NotFound`."""
    envelope, raw = files.load_message(folder, message_id)
    message = BytesParser(policy=compat32).parsebytes(raw)
    return ReceivedMessage(
        summary=_summary(message_id, envelope, message, len(raw)),
        headers=_headers(message),
        html=_body(message, "text/html"),
        text=_body(message, "text/plain"),
        raw=raw,
    )


def _summaries(folder: Path, ids: list[str]) -> Iterator[MessageSummary]:
    for message_id in ids:
        try:
            envelope, raw = files.load_message(folder, message_id)
        except NotFound:  # deleted since it was listed
            continue
        headers = BytesHeaderParser(policy=compat32).parsebytes(raw)
        yield _summary(message_id, envelope, headers, len(raw))


def _summary(
    message_id: str, envelope: files.Envelope, message: Message, size: int
) -> MessageSummary:
    return MessageSummary(
        id=message_id,
        received_at=envelope.received_at,
        mail_from=envelope.mail_from,
        rcpt_to=envelope.rcpt_to,
        sender=_first(message, "from"),
        subject=_first(message, "subject"),
        size=size,
    )


def _headers(message: Message) -> tuple[tuple[str, str], ...]:
    return tuple((name, _decoded(value)) for name, value in message.raw_items())


def _first(message: Message, name: str) -> str:
    return next((v for n, v in _headers(message) if n.lower() == name), "")


def _decoded(value: object) -> str:
    """A header's value on one line, decoded from UTF-8 (RFC 6532) or encoded-words (RFC 2047)."""
    text = str(value).encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")
    with suppress(HeaderParseError, LookupError, ValueError):
        text = str(make_header(decode_header(text)))
    return " ".join(text.split())


def _body(message: Message, content_type: str) -> str | None:
    """The first inline part of the type, decoded; None if there is none."""
    for part in message.walk():
        if part.get_content_type() == content_type and part.get_filename() is None:
            return _text(part)
    return None


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else str(payload).encode(errors="replace")
    try:
        return data.decode(part.get_content_charset() or "utf-8", errors="replace")
    except LookupError:
        return data.decode("utf-8", errors="replace")
