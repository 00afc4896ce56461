"""The MIME structure and its encodings (RFC 2045, 2046)."""

import re
from collections.abc import Iterator

from previews.preflight.facts import Facts
from previews.preflight.finding import IN_MESSAGE, Finding, FindingPlace, error, in_header, warning
from previews.preflight.rendered_message import BodyPart, RenderedMessage

LONGEST_ENCODED = 76
BODIES = ("text/plain", "text/html")

NO_MIME = error(
    "MSG-030",
    "MIME-Version is missing or not 1.0",
    "Without it mail programs show the source (RFC 2045 section 4).",
    "Send through the engine.",
)
NOT_ALTERNATIVE = error(
    "MSG-031",
    "The message is not multipart/alternative",
    "Text and HTML are two forms of one message (RFC 2046 section 5.1.4).",
    "Send through the engine; a gateway that adds a footer may rewrap messages.",
)
NO_TEXT = error(
    "MSG-032",
    "There is no plain text part",
    "HTML alone costs points with every filter, and some people read plain text.",
    "Give the template set an issue.txt.j2 that prints the issue.",
)
NO_HTML = error(
    "MSG-033",
    "There is no HTML part",
    "Most readers would see a page of plain text.",
    "Give the template set an issue.mjml.j2 with a body.",
)
WRONG_ORDER = error(
    "MSG-034",
    "The HTML part is not the last",
    "Mail programs show the last part they can: text first, HTML last (RFC 2046 section 5.1.4).",
    "Send through the engine.",
)
NOT_UTF8 = error(
    "MSG-035",
    "A body part does not declare UTF-8",
    "Non-ASCII characters become question marks, and Gmail clips ISO-8859-1 at any size.",
    "Declare `charset=utf-8`.",
)
LONG_ENCODED_LINE = error(
    "MSG-036",
    "An encoded line is longer than 76 characters",
    "Quoted-printable and base64 lines have at most 76 characters (RFC 2045 section 6.7); "
    "relays rewrap longer ones, which breaks the signature.",
    "Send through the engine.",
)
UNDECODABLE = error(
    "MSG-037",
    "A body part cannot be decoded",
    "A broken `=XX`, an incomplete character or an unclosed boundary: readers see garbage.",
    "Compose the issue again; report it if it persists.",
)
WRONG_ENCODING = error(
    "MSG-038",
    "A body part is neither quoted-printable nor base64",
    "Relays without 8BITMIME change 8-bit text and long lines in transit.",
    "Send through the engine.",
)
EXTRA_PART = warning(
    "MSG-039",
    "There is a part besides text and HTML",
    "Attachments and calendar parts make a newsletter look like something else.",
    "Link to the file instead.",
)
RUNS = warning(
    "MSG-040",
    "The body changes under relaxed canonicalization",
    "White space at the end of a line or in runs is changed in transit and by DKIM's relaxed "
    "form (RFC 6376 section 3.4.4).",
    "Send through the engine, which encodes such white space.",
)


def mime(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """MIME 1.0, multipart/alternative, text first and HTML last."""
    if (message.header("MIME-Version") or "").strip() != "1.0":
        yield NO_MIME.found("MIME-Version is not 1.0", in_header("MIME-Version"))
    kinds = [part.kind for part in message.parts]
    bodies = [kind for kind in kinds if kind in BODIES]
    if message.text is None or not message.text.strip():
        yield NO_TEXT.found("no text/plain part with anything in it", FindingPlace("text"))
    if message.html is None or not message.html.strip():
        yield NO_HTML.found("no text/html part with anything in it", FindingPlace("html"))
    if set(bodies) == set(BODIES):
        if message.parsed.get_content_type() != "multipart/alternative":
            kind = message.parsed.get_content_type()
            yield NOT_ALTERNATIVE.found(f"it is {kind}", in_header("Content-Type"))
        if bodies[0] != "text/plain":
            yield WRONG_ORDER.found(" comes before ".join(bodies), IN_MESSAGE)
    for kind in kinds:
        if kind not in BODIES:
            yield EXTRA_PART.found(f"a part of type {kind}", IN_MESSAGE)


def encodings(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Body parts are UTF-8, quoted-printable or base64, in lines of at most 76."""
    for part in message.parts:
        if part.kind not in BODIES:
            continue
        place = FindingPlace(part.kind.removeprefix("text/").replace("plain", "text"))
        if (part.charset or "").lower() not in ("utf-8", "utf8"):
            yield NOT_UTF8.found(f"{part.kind} declares {part.charset or 'nothing'}", place)
        elif problem := _undecodable(part):
            yield UNDECODABLE.found(f"{part.kind}: {problem}", place)
        if part.encoding not in ("quoted-printable", "base64"):
            yield WRONG_ENCODING.found(f"{part.kind} is {part.encoding}", place)
            continue
        lines = part.payload.replace("\r\n", "\n").split("\n")
        longest = max(map(len, lines))
        if longest > LONGEST_ENCODED:
            yield LONG_ENCODED_LINE.found(f"{part.kind} has one of {longest}", place)
        if any(re.search(r"[ \t]$|[ \t]{2}", line) for line in lines):
            yield RUNS.found(f"{part.kind} has white space in runs or at a line's end", place)


def defects(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Defects that Python's parser reports."""
    for part in message.parsed.walk():
        for defect in part.defects:
            yield UNDECODABLE.found(type(defect).__name__, IN_MESSAGE)


def _undecodable(part: BodyPart) -> str | None:
    broken = re.search(r"=(?![0-9A-F]{2}|\r?\n|$)", part.payload)
    if broken and part.encoding == "quoted-printable":
        return f"“{part.payload[broken.start() : broken.start() + 3]}” is not quoted-printable"
    try:
        part.decoded.decode("utf-8")
    except UnicodeDecodeError as error_:
        return f"octet {error_.start} is not UTF-8"
    return None


CHECKS = (mime, encodings, defects)
