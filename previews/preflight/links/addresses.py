"""Each address in the message, as written."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from previews.preflight.content.patterns import REMNANT
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, FindingPlace, Rule, error, in_html, in_text, warning
from previews.preflight.rendered_message import RenderedMessage

LONGEST = 2000

UNREADABLE = error(
    "LNK-001",
    "A link cannot be parsed",
    "It is relative, has no host, or is not a URL: it leads nowhere from a mail.",
    "Write the whole address, starting with https://.",
)
SCHEME = error(
    "LNK-002",
    "A link is neither http(s) nor mailto",
    "Mail programs remove javascript:, data:, ftp: and the like, and filters penalise them.",
    "Link to a web page.",
)
REMNANT_IN_LINK = error(
    "LNK-003",
    "A template remnant is in a link",
    "Every reader would get a broken link.",
    "Correct the template's expression.",
    overridable=False,
)
LOOPBACK = error(
    "LNK-004",
    "A link leads to this machine or a private network",
    "It works only on this machine or network.",
    "Set DIGEST_PUBLIC_URL, or send with --to-inbox.",
)
EMPTY = error(
    "LNK-005",
    "A link is empty",
    "It looks like a link and does nothing.",
    "Give it an address, or make it plain text.",
)
PLAIN_HTTP = warning(
    "LNK-006",
    "A link uses plain http",
    "Browsers warn about it, and others can read and change what is transferred.",
    "Use https, if the site offers it.",
)
LONG = warning(
    "LNK-007",
    "A link is longer than 2,000 characters",
    "Some programs truncate it.",
    "Use a shorter address.",
)
CREDENTIALS = error(
    "LNK-008",
    "A link contains a user name or password",
    "It reveals the password, or hides the real host; filters treat it as fraud.",
    "Remove what is before the @ from the address.",
)
SHORTENER = warning(
    "LNK-009",
    "A link uses a URL shortener",
    "Shorteners are on block lists because they hide the target.",
    "Link to the page itself.",
)
DISGUISED = error(
    "LNK-010",
    "A link shows a different site from the one it leads to",
    "Phishing looks like that, and filters treat it so.",
    "Make text and address agree, or use words instead of an address.",
)
FOREIGN_HOST = warning(
    "LNK-011",
    "A host name is not ASCII",
    "Programs handle it differently, and it may be a look-alike.",
    "Use the xn-- form.",
)

SHORTENERS = frozenset(
    "bit.ly tinyurl.com goo.gl t.co ow.ly is.gd buff.ly rebrand.ly cutt.ly shorturl.at".split()  # noqa: SIM905
)
_ADDRESS = re.compile(r"https?://[^\s<>\"“”]+")
_SITE = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:/\S*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    """An address as written, its place, and the link text (None in the text part)."""

    address: str
    place: FindingPlace
    words: str | None


def links_of(message: RenderedMessage) -> list[Link]:
    """Every address once: those in the HTML, pictures included, then those only in the text."""
    found = []
    if message.page is not None:
        found += [Link(el.get("href"), in_html(el), el.text) for el in message.page.links]
        pictures = message.page.named("img")
        found += [Link(el.get("src"), in_html(el), "") for el in pictures]
    for match in _ADDRESS.findall(message.text or ""):
        found.append(Link(match.rstrip(".,;:!?)"), in_text(match), None))
    return list({link.address: link for link in reversed(found)}.values())[::-1]


def addresses(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """At most one finding per link, the worst; one in total for each loopback address."""
    local = set()
    for link in links_of(message):
        problem = _problem(link, facts)
        if problem is None:
            continue
        rule, detail = problem
        if rule is LOOPBACK:
            if detail in local:
                continue
            local.add(detail)
        yield rule.found(detail, link.place, needle=link.address)


def split(address: str) -> SplitResult | None:
    """The parts of an address; None if it cannot be parsed."""
    try:
        parts = urlsplit(address.strip())
        _ = parts.port
    except ValueError:
        return None
    return parts


def is_private(host: str) -> bool:
    """Whether a host is obviously this machine or a private network, without DNS."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal", ".localdomain")):
        return True
    try:
        return not ipaddress.ip_address(name.strip("[]")).is_global
    except ValueError:
        return False


def _problem(link: Link, facts: Facts) -> tuple[Rule, str] | None:
    address = link.address.strip()
    if REMNANT.search(address):
        return REMNANT_IN_LINK, address
    if address in ("", "#"):
        return EMPTY, f"“{link.words}” has no address" if link.words else "it has no address"
    parts = split(address)
    scheme = parts.scheme.lower() if parts else ""
    if scheme == "mailto" and parts and "@" in parts.path:
        return None
    if scheme == "cid" or address.startswith("data:image/"):
        return None  # embedded pictures lead nowhere; CLI-008 reports data: URLs
    if scheme not in ("http", "https", ""):
        return SCHEME, address[:80]
    if parts is None or not scheme or not parts.hostname or re.search(r"\s", address):
        return UNREADABLE, address[:80]
    return _about_host(link, address, parts, facts)


def _about_host(
    link: Link, address: str, parts: SplitResult, facts: Facts
) -> tuple[Rule, str] | None:
    host = (parts.hostname or "").lower()
    if parts.username or parts.password:
        return CREDENTIALS, f"{host} with a user name"
    if is_private(host):
        return None if facts.allow_loopback else (LOOPBACK, f"to {parts.netloc}")
    shown = _SITE.fullmatch(link.words or "")
    if shown and not _same_site(shown[1].lower(), host):
        return DISGUISED, f"it shows {shown[1]} and leads to {host}"
    if host.removeprefix("www.") in SHORTENERS:
        return SHORTENER, address
    if not host.isascii():
        return FOREIGN_HOST, host
    if parts.scheme.lower() == "http":
        return PLAIN_HTTP, address
    return (LONG, f"{len(address):,} characters") if len(address) > LONGEST else None


def _same_site(shown: str, host: str) -> bool:
    shown, host = shown.removeprefix("www."), host.removeprefix("www.")
    return shown == host or host.endswith(f".{shown}") or shown.endswith(f".{host}")


CHECKS = (addresses,)
