"""A compiled message: everything but the reader's own values, and how they are joined in."""

import hashlib
import html
import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from digest.rendering.errors import MessageError
from digest.rendering.message import headers, segments
from digest.rendering.message.headers import Mailbox
from digest.rendering.message.segments import Segments

FORMAT = 1
ISSUE = "issue"
_IN_HTML = " in HTML"


class ReaderValues(NamedTuple):
    """What differs from reader to reader.

    `address` is the envelope's: ASCII, an IDN domain in A-labels, unless the relay
    offers SMTPUTF8 and `needs_smtputf8` says that the address needs it.
    `message_id` is `local@domain`, with or without angle brackets. `one_click_url`
    goes into List-Unsubscribe. A letter without list headers needs no URLs.
    """

    address: str
    message_id: str
    date: datetime
    unsubscribe_url: str = ""
    preferences_url: str = ""
    one_click_url: str = ""
    needs_smtputf8: bool = False


class Parts(NamedTuple):
    """A message: the header fields of this one alone, those that all share, and the body.

    The fields end in CRLF. No line of it begins with a dot, and the body is in DKIM's
    relaxed form (see `segments`).
    """

    own: bytes
    common: bytes
    body: bytes

    def joined(self, signatures: bytes = b"") -> bytes:
        """The whole message, with signature fields in front."""
        return b"".join((signatures, self.own, self.common, b"\r\n", self.body))


@dataclass(frozen=True)
class CompiledMessage:
    """One compilation of an issue's variant or of a letter; immutable and storable.

    `list_id` (such as `weekly.news.example.org`), `list_name` and `feedback_id` are
    None for a letter, which carries no list headers and says
    `Auto-Submitted: auto-generated` instead. The segments are decoded texts cut at
    their slots (see `segments`).
    """

    kind: str
    variant: str
    subject: str
    sender: str
    reply_to: str | None
    list_name: str | None
    list_id: str | None
    feedback_id: str | None
    html_segments: Segments
    text_segments: Segments

    def to_bytes(self) -> bytes:
        """Stable JSON in UTF-8: equal messages give equal bytes."""
        values = {"format": FORMAT, **asdict(self)}
        return json.dumps(
            values, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "CompiledMessage":
        """The message that `to_bytes` wrote. Raises `MessageError` on another format."""
        values = json.loads(data)
        if values.pop("format", None) != FORMAT:
            raise MessageError("this message was compiled by another version; compose it again")
        for name in ("html_segments", "text_segments"):
            values[name] = tuple(values[name])
        return cls(**{field.name: values[field.name] for field in fields(cls)})

    @cached_property
    def sha256(self) -> str:
        """The hash of `to_bytes`, 64 hex digits."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def fill(self, reader: ReaderValues) -> bytes:
        """The complete message for one reader (RFC 5322): CRLF lines, no final dot.

        Raises `MessageError` where a value cannot be written.
        """
        return self.parts(reader).joined()

    def parts(self, reader: ReaderValues) -> "Parts":
        """The same message in the parts in which it is signed."""
        if self.list_id and not reader.unsubscribe_url:
            raise MessageError("an issue cannot go out without the reader's unsubscribe link")
        values = {}
        for name in segments.SLOTS:
            value = getattr(reader, name)
            encoded = segments.encode_value(value, in_html=False)
            plain = html.escape(value) == value
            values[name] = encoded
            values[name + _IN_HTML] = (
                encoded if plain else segments.encode_value(value, in_html=True)
            )
        body = segments.fill(self._skeleton, values)
        return Parts(self._reader_fields(reader), self._constant_fields, body)

    def html(self, reader: ReaderValues | None = None) -> str:
        """The HTML part, decoded. A message without slots (the web variant) needs no reader."""
        values = {name: html.escape(value) for name, value in _slot_values(reader).items()}
        return segments.join(self.html_segments, values)

    def text(self, reader: ReaderValues | None = None) -> str:
        """The text part, decoded."""
        return segments.join(self.text_segments, _slot_values(reader))

    def html_size(self, reader: ReaderValues | None = None) -> int:
        """Bytes of the HTML part in UTF-8 after transfer decoding: what Gmail's clip counts."""
        return len(self.html(reader).encode())

    def settled(self, **values: str) -> "CompiledMessage":
        """The same with some slots filled for good, by name, in both parts."""
        in_html = {name: html.escape(value) for name, value in values.items()}
        return replace(
            self,
            html_segments=segments.settle(self.html_segments, in_html),
            text_segments=segments.settle(self.text_segments, values),
        )

    def check_headers(self) -> None:
        """Raises `MessageError` where subject, sender or list cannot be written as headers."""
        _ = self._constant_fields

    def _reader_fields(self, reader: ReaderValues) -> bytes:
        lines = [
            headers.recipient_field(reader.address, smtputf8=reader.needs_smtputf8),
            headers.date_field(reader.date),
            headers.message_id_field(reader.message_id),
        ]
        if self.list_id:
            lines.append(headers.uri_field("List-Unsubscribe", reader.one_click_url))
        return b"".join(lines)

    @cached_property
    def _constant_fields(self) -> bytes:
        sender = Mailbox.parse(self.sender)
        lines = [headers.mailbox_field("From", sender)]
        if self.reply_to:
            lines.append(headers.mailbox_field("Reply-To", Mailbox.parse(self.reply_to)))
        lines.append(headers.text_field("Subject", self.subject))
        if self.list_id:
            lines.append(headers.field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
            lines.append(headers.list_id_field(self.list_name or "", self.list_id))
        if self.feedback_id:
            lines.append(headers.field("Feedback-ID", self.feedback_id))
        if not self.list_id:
            lines.append(headers.field("Auto-Submitted", "auto-generated"))
        lines.append(headers.field("MIME-Version", "1.0"))
        lines.append(
            f'Content-Type: multipart/alternative;\r\n boundary="{self._boundary}"\r\n'.encode()
        )
        return b"".join(lines)

    def _part_start(self, subtype: str) -> bytes:
        return (
            f"\r\n--{self._boundary}\r\n"
            f"Content-Type: text/{subtype}; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
        ).encode("ascii")

    @cached_property
    def _boundary(self) -> str:
        """From the content, so that it can be reproduced; `=_` occurs in no encoded line."""
        return f"=_{self.sha256[:32]}"

    @cached_property
    def _skeleton(self) -> tuple[bytes | str, ...]:
        """The body; the HTML part's slots have names of their own."""
        page = segments.encode(self.html_segments)
        return (
            self._part_start("plain").removeprefix(b"\r\n"),
            *segments.encode(self.text_segments),
            self._part_start("html"),
            *(part if isinstance(part, bytes) else part + _IN_HTML for part in page),
            f"\r\n--{self._boundary}--\r\n".encode("ascii"),
        )


def _slot_values(reader: ReaderValues | None) -> dict[str, str]:
    if reader is None:
        return {}
    return {name: getattr(reader, name) for name in segments.SLOTS}
