"""The parts of a message: header fields, MIME tree, sizes compared with Gmail's limit, lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message

CLIP_BYTES = 102_000  # Gmail clips "at 102 KB"; thousands are the careful reading


@dataclass(frozen=True)
class HeaderField:
    """One header field: raw and unfolded, and decoded (RFC 2047) if that differs."""

    name: str
    value: str
    decoded: str | None


@dataclass(frozen=True)
class MimePart:
    """One part of the MIME tree; sizes in bytes, on the wire and after transfer decoding."""

    kind: str
    charset: str | None
    encoding: str | None
    wire: int
    decoded: int
    depth: int

    @property
    def percent_of_clip(self) -> int:
        """The size of this part in percent of what Gmail shows."""
        return round(100 * self.decoded / CLIP_BYTES)


@dataclass(frozen=True)
class SourceLine:
    """A line of source. `cut`: Gmail clips within it; `clipped`: it comes after that."""

    number: int
    text: str
    clipped: bool
    cut: bool = False


def header_fields(raw: bytes) -> list[HeaderField]:
    """The header fields, in order."""
    message = message_from_bytes(raw, policy=policy.compat32)
    return [_field(name, str(value)) for name, value in message.raw_items()]


def _field(name: str, raw: str) -> HeaderField:
    value = raw.replace("\r\n", "").replace("\n", "").strip()
    decoded = str(make_header(decode_header(value))) if "=?" in value else value
    return HeaderField(name, value, decoded if decoded != value else None)


def mime_tree(raw: bytes) -> list[MimePart]:
    """The parts of the MIME tree in order, each with its depth."""
    message = message_from_bytes(raw, policy=policy.compat32)
    return list(_nodes(message, len(raw), 0))


def _nodes(part: Message, size: int, depth: int) -> Iterator[MimePart]:
    charset = part.get_param("charset")
    payload = part.get_payload(decode=True)
    yield MimePart(
        kind=part.get_content_type(),
        charset=str(charset) if charset else None,
        encoding=part.get("Content-Transfer-Encoding"),
        wire=size,
        decoded=len(payload) if isinstance(payload, bytes) else 0,
        depth=depth,
    )
    if part.is_multipart():
        for child in part.get_payload():
            if isinstance(child, Message):
                yield from _nodes(child, _wire_size(child), depth + 1)


def _wire_size(part: Message) -> int:
    payload = part.get_payload()
    if isinstance(payload, str):  # compat32 keeps the bytes as they came, CRLF and all
        return len(payload.encode("ascii", "surrogateescape"))
    return sum(_wire_size(child) for child in payload if isinstance(child, Message))


def source_lines(text: str) -> list[SourceLine]:
    """Numbered lines; Gmail's limit counts bytes of UTF-8."""
    lines: list[SourceLine] = []
    at = 0
    for number, line in enumerate(text.split("\n"), 1):
        begins, at = at, at + len(line.encode()) + 1
        clipped = at > CLIP_BYTES
        lines.append(
            SourceLine(number, line, begins > CLIP_BYTES, clipped and begins <= CLIP_BYTES)
        )
    return lines
