"""Line ends, line lengths and octets (RFC 5322 section 2.1, RFC 5321 section 4.5.3)."""

import re
from collections.abc import Iterator

from previews.preflight.facts import Facts
from previews.preflight.finding import IN_MESSAGE, Finding, error, in_header, warning
from previews.preflight.rendered_message import RenderedMessage

LONGEST_LINE = 998
LONGEST_HEADER_LINE = 78

BARE_BREAK = error(
    "MSG-001",
    "A line ends in a lone CR or LF",
    "SMTP lines end in CRLF; a lone CR or LF is refused or smuggles a second message (RFC 5321 "
    "section 2.3.8).",
    "Write every line end as CRLF; find out what put the character into the content.",
)
LONG_LINE = error(
    "MSG-002",
    "A line is longer than 998 octets",
    "Relays break or refuse such lines, and a broken line breaks the DKIM signature (RFC 5322 "
    "section 2.1.1).",
    "Encode the part as quoted-printable or base64.",
)
LONG_HEADER_LINE = warning(
    "MSG-003",
    "A header line is longer than 78 characters",
    "It could be folded and was not; some readers cut it (RFC 5322 section 2.1.1).",
    "Fold it at white space.",
)
RAW_OCTET = error(
    "MSG-004",
    "A header has a control character or a raw non-ASCII octet",
    "Headers are ASCII; anything else is an encoded-word, or the relay must offer SMTPUTF8 "
    "(RFC 5322 section 2.2, RFC 2047).",
    "Remove the character from the subject, sender or address it comes from.",
)


def line_ends(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Every line ends in CRLF."""
    bare = re.search(rb"\r(?!\n)|(?<!\r)\n", message.raw)
    if bare:
        line = message.raw[: bare.start()].count(b"\n") + 1
        yield BARE_BREAK.found(f"line {line} of the message ends in a lone CR or LF", IN_MESSAGE)


def line_lengths(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """At most 998 octets; headers folded at 78 where possible."""
    for number, line in enumerate(message.raw.split(b"\r\n"), 1):
        if len(line) > LONGEST_LINE:
            yield LONG_LINE.found(f"line {number} has {len(line)} octets", IN_MESSAGE)
            return
    name = ""
    for header in message.header_lines:
        field = header.decode("latin-1")
        name = name if field[:1] in (" ", "\t") else field.partition(":")[0]
        if len(field) > LONGEST_HEADER_LINE and " " in field.strip().partition(": ")[2]:
            detail = f"a line of {name} has {len(field)} characters"
            yield LONG_HEADER_LINE.found(detail, in_header(name))


def header_octets(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Headers are printable ASCII, except an internationalised To address (SMTPUTF8)."""
    for raw in message.header_lines:
        if re.search(rb"[^\t\x20-\x7e]", raw.replace(b"\r", b"").replace(b"\n", b"")):
            name = raw.partition(b":")[0].decode("latin-1")
            if name.lower() == "to" and _is_utf8_address(raw):
                continue
            yield RAW_OCTET.found(f"{name} has an octet that is not ASCII", in_header(name))


def _is_utf8_address(raw: bytes) -> bool:
    """A non-ASCII local part (RFC 6532); its domain must still use A-labels."""
    local, _, domain = raw.partition(b": ")[2].rpartition(b"@")
    return bool(local) and domain.isascii() and not re.search(rb"[\x00-\x1f\x7f]", raw)


CHECKS = (line_ends, line_lengths, header_octets)
