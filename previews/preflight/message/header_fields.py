"""The required header fields, once each and well-formed (RFC 5322 section 3.6)."""

import re
from collections.abc import Iterator
from email.utils import getaddresses, parsedate_to_datetime

from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, error, in_header, warning
from previews.preflight.rendered_message import RenderedMessage

ONCE = ("From", "Date", "Message-ID", "Subject", "To")
AT_MOST_ONCE = ("Reply-To", "Sender", "MIME-Version", "Content-Type", "Feedback-ID")

NOT_ONCE = error(
    "MSG-010",
    "A required field is missing or appears more than once",
    "From, Date, Message-ID, Subject and To must each appear exactly once (RFC 5322 section "
    "3.6); filters add points for each that does not, and 2.7 for a missing Date alone.",
    "Let the engine write the headers; look for a transport that adds or drops one.",
)
BAD_DATE = error(
    "MSG-011",
    "The Date cannot be parsed",
    "An unreadable date counts as missing (RFC 5322 section 3.3).",
    "Write it like `Tue, 08 Dec 2026 09:00:00 +0000`.",
)
BAD_MESSAGE_ID = error(
    "MSG-012",
    "Message-ID is malformed or not under the sending domain",
    "It must be `<local@domain>`, unfolded, under the From domain; filters mistrust others, "
    "and bounces are identified by it (RFC 5322 section 3.6.4).",
    "Check DIGEST_SENDER and the edition's sender.",
)
BAD_FROM = error(
    "MSG-013",
    "From is not one usable mailbox",
    "It must be one author with an ASCII domain (an IDN as A-labels); DMARC fails for several.",
    "Set DIGEST_SENDER, or the edition's sender, to `Name <address@domain>`.",
)
PLACEHOLDER_SENDER = error(
    "MSG-014",
    "The sender is still the default",
    "Mail from localhost.localdomain is refused everywhere.",
    "Set DIGEST_SENDER.",
)
BAD_RECIPIENT = error(
    "MSG-015",
    "To is not one usable address",
    "It must be one reader with an ASCII domain (an IDN as A-labels); Python's email library "
    "writes a broken header otherwise.",
    "Check the reader's address: `digest readers show ADDRESS`.",
)
BAD_REPLY_TO = error(
    "MSG-016",
    "Reply-To is not a usable mailbox",
    "Replies of readers would go nowhere.",
    "Correct the edition's reply-to: `digest editions set`.",
)
ENCODED_WORD = error(
    "MSG-017",
    "An encoded-word is broken or longer than 75 characters",
    "Readers see the raw `=?utf-8?…?=` instead of the words (RFC 2047 section 2).",
    "Shorten the subject or the sender's name, and report it: the engine should have split it.",
)
FEEDBACK_ID = warning(
    "MSG-018",
    "Feedback-ID is not four short fields ending in a stable SenderId",
    "Gmail groups complaint rates by `a:b:c:SenderId`; anything specific to a reader makes "
    "them useless and leaks data.",
    "Check the edition's slug and the sender's domain.",
)
AUTOMATIC = warning(
    "MSG-019",
    "An issue is marked as automatic",
    "Auto-Submitted and Precedence belong on confirmations and notices; some servers drop a "
    "newsletter that has them.",
    "Leave Auto-Submitted and Precedence out.",
)

_NOWHERE = ("@localhost", ".localdomain")
_ADDRESS = re.compile(r"[^\s@<>(),:;\"\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_WORD = re.compile(r"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")


def counts(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Each field appears as often as allowed."""
    for name in ONCE:
        if (count := len(message.headers(name))) != 1:
            yield NOT_ONCE.found(f"{name} is there {count} times", in_header(name))
    for name in AT_MOST_ONCE:
        if (count := len(message.headers(name))) > 1:
            yield NOT_ONCE.found(f"{name} is there {count} times", in_header(name))


def date(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Date can be parsed."""
    value = message.header("Date")
    if value is None:
        return
    try:
        parsedate_to_datetime(value)
    except ValueError:
        yield BAD_DATE.found(f"Date is “{value}”", in_header("Date", value))


def message_id(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Message-ID is `<local@sending-domain>`."""
    value = message.header("Message-ID")
    if value is None:
        return
    match = re.fullmatch(r"\s*<[^\s<>@]+@([A-Za-z0-9.-]+)>\s*", value)
    if not match:
        yield BAD_MESSAGE_ID.found(f"it is “{value}”", in_header("Message-ID", value))
    elif facts.sender_domain and match[1].lower() != facts.sender_domain.lower():
        detail = f"it is under {match[1]}, the sender under {facts.sender_domain}"
        yield BAD_MESSAGE_ID.found(detail, in_header("Message-ID", value))


def mailboxes(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """From, To and Reply-To are one usable address each."""
    for name, rule in (("From", BAD_FROM), ("To", BAD_RECIPIENT), ("Reply-To", BAD_REPLY_TO)):
        if len(message.headers(name)) != 1:
            continue
        value = message.header(name) or ""
        found = getaddresses([_WORD.sub("x", value)])
        address = found[0][1] if found else ""
        if len(found) != 1 or not _ADDRESS.fullmatch(address):
            yield rule.found(f"{name} is “{value.strip()}”", in_header(name, value))
        elif name == "From" and not facts.allow_loopback and address.endswith(_NOWHERE):
            yield PLACEHOLDER_SENDER.found(f"it is {address}", in_header(name, value))


def encoded_words(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """RFC 2047: at most 75 characters, whole, separated by white space."""
    for name in ("Subject", "From", "Reply-To", "List-Id"):
        value = message.header(name) or ""
        broken = "=?" in _WORD.sub("", value)
        if broken or any(len(word) > 75 for word in _WORD.findall(value)):
            yield ENCODED_WORD.found(f"in {name}: {value.strip()[:60]}…", in_header(name, value))


def feedback_id(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Feedback-ID: a:b:c:SenderId, the same for all readers."""
    value = message.header("Feedback-ID")
    if value is None:
        return
    fields = value.strip().split(":")
    leaks = "@" in value or any(len(field) > 40 for field in fields)
    if len(fields) != 4 or not 5 <= len(fields[-1]) <= 15 or leaks:
        yield FEEDBACK_ID.found(f"it is “{value.strip()}”", in_header("Feedback-ID", value))


def automatic(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """No Auto-Submitted on an issue."""
    for name in ("Auto-Submitted", "Precedence"):
        value = (message.header(name) or "no").strip()
        if value != "no":
            yield AUTOMATIC.found(f"{name}: {value}", in_header(name, value))


CHECKS = (counts, date, message_id, mailboxes, encoded_words, feedback_id, automatic)
