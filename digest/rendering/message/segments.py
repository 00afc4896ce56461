"""A text cut at its per-reader slots, and its quoted-printable form (RFC 2045 section 6.7).

A text is a tuple that alternates literals and slot names: `("Hi ", "address", "!")`;
it begins and ends with a literal. Encoded, every slot is on lines of its own between soft
line breaks, so no line exceeds 76 characters whatever the value, and filling is a join of
bytes.

The encoded lines can be signed and sent as they are. None begins with a dot, so nothing is
stuffed (RFC 5321 section 4.5.2), or with "From ". No run of white space is left, and none at
the end of a line, so DKIM's relaxed form of the body (RFC 6376 section 3.4.4) is the body.
"""

import html
import re
from collections.abc import Mapping, Sequence

from digest.rendering.errors import MessageError

LINE = 76

Segments = tuple[str, ...]

_UNSAFE = re.compile(rb"[^\x20-\x3c\x3e-\x7e]|(?<= ) | $")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9/:@_+~!#$%&'()*,;?.-]+")
_SOFT_BREAK = b"=\r\n"


def cut(text: str, tokens: Mapping[str, str]) -> Segments:
    """`text` cut at the tokens of slots; `tokens` maps the names of slots to tokens."""
    if not tokens:
        return (text,)
    names = {token: name for name, token in tokens.items()}
    parts = re.split("(" + "|".join(map(re.escape, names)) + ")", text)
    return tuple(names[part] if at % 2 else part for at, part in enumerate(parts))


def slots_of(segments: Segments) -> set[str]:
    """The names of the slots in `segments`."""
    return set(segments[1::2])


def join(segments: Segments, values: Mapping[str, str]) -> str:
    """The decoded text with its slots filled."""
    return "".join(values[part] if at % 2 else part for at, part in enumerate(segments))


def prefill(segments: Segments, values: Mapping[str, str]) -> Segments:
    """The text with fixed values in these slots; the other slots stay open."""
    filled = [segments[0]]
    for name, literal in zip(segments[1::2], segments[2::2], strict=True):
        if name in values:
            filled[-1] += values[name] + literal
        else:
            filled += [name, literal]
    return tuple(filled)


def encode(segments: Segments) -> tuple[bytes | str, ...]:
    """The quoted-printable skeleton: bytes at even places, slot names at odd ones."""
    last = len(segments) - 1
    return tuple(
        part if at % 2 else encode_literal(part, before_slot=at < last)
        for at, part in enumerate(segments)
    )


def fill(skeleton: Sequence[bytes | str], values: Mapping[str, bytes]) -> bytes:
    """The skeleton with encoded values (see `encode_value`) in its slots."""
    return b"".join([values[part] if isinstance(part, str) else part for part in skeleton])


def encode_literal(text: str, *, before_slot: bool = False) -> bytes:
    """`text` (lines end in LF) as quoted-printable lines of at most 76 characters.

    Before a slot the last line is ended by a soft break.
    """
    lines = [_encode_line(line) for line in text.split("\n")]
    if before_slot and lines[-1]:
        lines[-1] += _SOFT_BREAK
    return b"\r\n".join(lines)


def encode_value(value: str, *, in_html: bool) -> bytes:
    """A slot's value, escaped for HTML if `in_html`, on quoted-printable lines of its own."""
    if in_html:
        value = html.escape(value)
    if _PLAIN_VALUE.fullmatch(value):  # most links and addresses: only leading dots are encoded
        lines = [value[at : at + LINE - 1] for at in range(0, len(value), LINE - 1)]
        if not any(line.startswith(".") for line in lines):
            return "".join([f"{line}=\r\n" for line in lines]).encode("ascii")
    check_value(value)
    return _encode_line(value) + _SOFT_BREAK if value else b""


def check_value(value: str) -> None:
    """Refuse characters that would break a line. Raises `MessageError`."""
    if any(character in value for character in "\r\n\0"):
        raise MessageError("a reader's address or link has a line break or NUL in it; correct it")


def _encode_line(text: str) -> bytes:
    """One line, folded by soft breaks; spaces that would form a run or end it are encoded."""
    encoded = _UNSAFE.sub(lambda match: b"=%02X" % match[0][0], text.encode("utf-8"))
    if len(encoded) < LINE and not encoded.startswith((b".", b"From ")):
        return encoded
    lines, start = [], 0
    while start < len(encoded):
        head = b""
        if encoded.startswith((b".", b"From "), start):
            head = b"=%02X" % encoded[start]
            start += 1
        end = _fold(encoded, start, LINE - 1 - len(head))
        lines.append(head + encoded[start:end])
        start = end
    return _SOFT_BREAK.join(lines)


def _fold(encoded: bytes, start: int, room: int) -> int:
    """Where to end a line that begins at `start`; an `=XX` is never split."""
    end = start + room
    if end >= len(encoded):
        return len(encoded)
    escape = encoded.rfind(b"=", end - 2, end)
    return escape if escape >= 0 else end
