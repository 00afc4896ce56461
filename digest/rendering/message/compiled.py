"""A compiled message: all of it but the reader's own values, and how those are joined in."""

import hashlib
import html
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import NamedTuple

from digest.rendering.errors import MessageError
from digest.rendering.message import headers, segments
from digest.rendering.message.reader_slots import HEADER_SLOTS, UNSUBSCRIBE, ReaderValues
from digest.rendering.message.segments import Segments

FORMAT = 1
ISSUE = "issue"
_IN_HTML = " in HTML"  # marks a slot of the HTML part, whose value is escaped before encoding


class MessageParts(NamedTuple):
    """One reader's message in the pieces in which it is signed.

    `own` are the header fields of this message alone, `common` those that all messages of
    the compilation share; both end in CRLF. No line begins with a dot, and the body is in
    DKIM's relaxed form (see `segments`).
    """

    own: bytes
    common: bytes
    body: bytes

    def joined(self, signatures: bytes = b"") -> bytes:
        """The whole message, with signature fields in front."""
        return b"".join((signatures, self.own, self.common, b"\r\n", self.body))


@dataclass(frozen=True)
class CompiledMessage:
    """A variant of an issue, or a transactional message; immutable and storable.

    `list_id` (such as `weekly.news.example.org`), `list_name` and `feedback_id` are
    None for a transactional message, which carries no list headers but
    `Auto-Submitted: auto-generated` (RFC 3834). The segments are decoded texts cut at
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
        """JSON in UTF-8, in a stable form: equal messages give equal bytes."""
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
        """The complete message for one reader (RFC 5322), in CRLF lines, without the final dot.

        Raises `MessageError` where a value cannot be written.
        """
        return self.parts(reader).joined()

    def parts(self, reader: ReaderValues) -> MessageParts:
        """The message that `fill` returns, in the pieces in which it is signed.

        This runs once per message sent: whatever does not depend on the reader is cached.
        """
        if self.list_id and not reader.slots.get(UNSUBSCRIBE):
            raise MessageError("an issue cannot go out without the reader's unsubscribe link")
        slots, values = reader.slots, {}
        for name in self._printed_slots:
            if (value := slots.get(name)) is None:
                raise MessageError(f"the reader has no {name}, which this message prints")
            encoded = segments.encode_value(value, in_html=False)
            values[name] = encoded
            if html.escape(value) != value:
                encoded = segments.encode_value(value, in_html=True)
            values[name + _IN_HTML] = encoded
        body = segments.fill(self._skeleton, values)
        return MessageParts(self._reader_fields(reader), self._constant_fields, body)

    def html(self, reader: ReaderValues | None = None) -> str:
        """The HTML part, decoded. A message without slots (the web variant) needs no reader."""
        values = {name: html.escape(value) for name, value in _slots_of(reader).items()}
        return segments.join(self.html_segments, values)

    def text(self, reader: ReaderValues | None = None) -> str:
        """The text part, decoded."""
        return segments.join(self.text_segments, _slots_of(reader))

    def html_size(self, reader: ReaderValues | None = None) -> int:
        """Bytes of the HTML part in UTF-8 after transfer decoding: what Gmail's clip counts."""
        return len(self.html(reader).encode())

    def prefilled(self, **values: str) -> "CompiledMessage":
        """The same message with fixed values in some slots, by name, in both parts."""
        in_html = {name: html.escape(value) for name, value in values.items()}
        return replace(
            self,
            html_segments=segments.prefill(self.html_segments, in_html),
            text_segments=segments.prefill(self.text_segments, values),
        )

    def check_headers(self) -> None:
        """Raise `MessageError` if subject, sender or list cannot be written as headers."""
        _ = self._constant_fields

    def _reader_fields(self, reader: ReaderValues) -> bytes:
        lines = [
            headers.recipient_field(reader.address, smtputf8=reader.needs_smtputf8),
            headers.date_field(reader.date),
            headers.message_id_field(reader.message_id),
        ]
        if self.list_id:
            for field, name in HEADER_SLOTS:
                lines.append(headers.uri_field(field, reader.slots.get(name, "")))
        return b"".join(lines)

    @cached_property
    def _constant_fields(self) -> bytes:
        lines = [headers.mailbox_field("From", headers.sender_of(self.sender))]
        if self.reply_to:
            lines.append(headers.mailbox_field("Reply-To", headers.sender_of(self.reply_to)))
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
        """Derived from the content, so that the same input gives the same bytes.

        Quoted-printable never contains `=_` (RFC 2045 section 6.7), so no line is mistaken for it.
        """
        return f"=_{self.sha256[:32]}"

    @cached_property
    def _printed_slots(self) -> tuple[str, ...]:
        found = segments.slots_of(self.text_segments) | segments.slots_of(self.html_segments)
        return tuple(sorted(found))

    @cached_property
    def _skeleton(self) -> tuple[bytes | str, ...]:
        """The body: encoded bytes, and between them the names of slots."""
        page = segments.encode(self.html_segments)
        return (
            self._part_start("plain").removeprefix(b"\r\n"),
            *segments.encode(self.text_segments),
            self._part_start("html"),
            *(part if isinstance(part, bytes) else part + _IN_HTML for part in page),
            f"\r\n--{self._boundary}--\r\n".encode("ascii"),
        )


def _slots_of(reader: ReaderValues | None) -> Mapping[str, str]:
    return reader.slots if reader else {}
