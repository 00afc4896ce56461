"""List headers and one-click unsubscribing (RFC 2369, 2919, 8058)."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, error, in_header
from previews.preflight.rendered_message import RenderedMessage

ONE_CLICK = "List-Unsubscribe=One-Click"

NO_UNSUBSCRIBE = error(
    "MSG-020",
    "There is no List-Unsubscribe",
    "Gmail, Yahoo and Microsoft require it of bulk senders (RFC 8058).",
    "Send through the engine; a relay or gateway may strip it.",
    overridable=False,
)
NOT_ONE_HTTPS = error(
    "MSG-021",
    "List-Unsubscribe is not one field with one HTTPS address",
    "One-click works with exactly one HTTPS URI in angle brackets; a mailto may follow it "
    "(RFC 8058 section 3.1).",
    "Set DIGEST_PUBLIC_URL to an https address; write List-Unsubscribe once.",
)
NO_ONE_CLICK = error(
    "MSG-022",
    "List-Unsubscribe-Post is missing or not exact",
    f"It must read `{ONE_CLICK}`, letter for letter (RFC 8058 section 3.1).",
    "Send through the engine; find out what rewrites the field.",
)
MANGLED = error(
    "MSG-023",
    "A list field or Message-ID was turned into an encoded-word",
    "`=?utf-8?q?…?=` in List-Unsubscribe breaks one-click; Python's email library encodes "
    "long fields that way.",
    "Write the field raw, in ASCII; shorten the token.",
)
BAD_LIST_ID = error(
    "MSG-024",
    "List-Id is missing, repeated or malformed",
    "Readers' filters use `Name <weekly.news.example.org>`; it must not change (RFC 2919).",
    "Check the edition's slug and the sender's domain.",
)
BAD_LIST_FIELD = error(
    "MSG-025",
    "A List-* field is repeated or lacks angle brackets",
    "Each may appear once, with its address in < > (RFC 2369 section 2).",
    "Leave the field out, or write `<https://…>`.",
)
WRONG_READER = error(
    "MSG-026",
    "List-Unsubscribe is not this reader's signed address",
    "Without the reader's own signed token the button unsubscribes nobody, or somebody else.",
    "Send through the engine, which signs the link for each reader.",
)

_RAW = ("List-Unsubscribe", "List-Unsubscribe-Post", "Message-ID", "List-Id")
_OTHERS = ("List-Help", "List-Subscribe", "List-Post", "List-Owner", "List-Archive")


def unsubscribe(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """There is one List-Unsubscribe with one HTTPS URI, this reader's own."""
    name = "List-Unsubscribe"
    values = message.headers(name)
    if not values:
        yield NO_UNSUBSCRIBE.found("the field is missing", in_header(name))
        return
    if "=?" in values[0]:
        return  # reported as MANGLED
    uris = re.findall(r"<([^<>\s]+)>", values[0])
    web = [uri for uri in uris if not uri.lower().startswith("mailto:")]
    wrong = _wrong_uri(values, uris, web, facts)
    if wrong:
        yield NOT_ONE_HTTPS.found(wrong, in_header(name, values[0].strip()))
    elif facts.unsubscribe_url and web[0] != facts.unsubscribe_url:
        yield WRONG_READER.found(f"it names {web[0]}", in_header(name, values[0].strip()))


def _wrong_uri(values: list[str], uris: list[str], web: list[str], facts: Facts) -> str | None:
    if len(values) > 1:
        return f"the field is there {len(values)} times"
    if len(web) != 1 or uris[0] != web[0]:
        return f"it has {len(web)} web addresses, and the web address comes first"
    scheme = urlsplit(web[0]).scheme.lower()
    if scheme != "https" and not (scheme == "http" and facts.allow_loopback):
        return f"its address is {scheme or 'no URL'}, not https"
    return None


def one_click(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """List-Unsubscribe-Post has exactly the required value."""
    name = "List-Unsubscribe-Post"
    values = [value.strip() for value in message.headers(name)]
    if values != [ONE_CLICK] and not any("=?" in value for value in values):
        detail = f"it is “{values[0]}”" if len(values) == 1 else f"it is there {len(values)} times"
        yield NO_ONE_CLICK.found(detail, in_header(name))


def raw_fields(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """List fields and Message-ID are not encoded; only a list's name may be."""
    for name in _RAW:
        for value in message.headers(name):
            encoded = value.partition("<")[2] if name == "List-Id" else value
            if "=?" in encoded:
                yield MANGLED.found(f"{name} is encoded", in_header(name, value))


def list_id(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """List-Id is well-formed (RFC 2919) and the edition's."""
    values = message.headers("List-Id")
    if len(values) != 1:
        yield BAD_LIST_ID.found(f"it is there {len(values)} times", in_header("List-Id"))
        return
    match = re.search(r"<([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+)>\s*$", values[0])
    if not match:
        yield BAD_LIST_ID.found(f"it is “{values[0].strip()}”", in_header("List-Id", values[0]))
    elif facts.list_id and match[1] != facts.list_id:
        detail = f"it is {match[1]}, the edition's is {facts.list_id}"
        yield BAD_LIST_ID.found(detail, in_header("List-Id", values[0]))


def other_fields(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Other List-* fields appear once, in angle brackets (RFC 2369)."""
    for name in _OTHERS:
        values = message.headers(name)
        if len(values) > 1:
            yield BAD_LIST_FIELD.found(f"{name} is there {len(values)} times", in_header(name))
        elif values and not re.match(r"\s*(<[^<>\s]+>|NO\b)", values[0]):
            yield BAD_LIST_FIELD.found(f"{name} has no < >", in_header(name, values[0]))


CHECKS = (unsubscribe, one_click, raw_fields, list_id, other_fields)
