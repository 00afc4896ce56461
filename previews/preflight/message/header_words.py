"""From and Reply-To say what was set, once they are decoded."""

from collections.abc import Iterator
from email.header import decode_header, make_header
from email.utils import parseaddr

from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, error, in_header
from previews.preflight.message.header_fields import counts, mailboxes
from previews.preflight.rendered_message import RenderedMessage

OTHER_WORDS = error(
    "MSG-027",
    "A header says something else than what was set",
    "The bytes of From or Reply-To, read as a mail program reads them, are another name or "
    "address than the one that was set.",
    "Look for a transport or a template that changes headers, and report it.",
)


def headers(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Name and address are those of the settings and the edition."""
    wrong = {
        finding.place.spot for finding in (*counts(message, facts), *mailboxes(message, facts))
    }
    for name, wanted in (("From", facts.sender), ("Reply-To", facts.reply_to)):
        value = message.header(name)
        if not wanted or value is None or name in wrong:
            continue
        if _mailbox(value) != _mailbox(wanted):
            yield OTHER_WORDS.found(f"{name} is “{_shown(value)}”, not “{wanted}”", in_header(name))


def _mailbox(value: str) -> tuple[str, str]:
    """Name and address of `Name <address>`, decoded."""
    phrase, address = parseaddr(value.strip())
    quoted = value.strip().startswith('"')
    name = phrase if quoted else _decoded(phrase)
    return " ".join(name.split()), address


def _shown(value: str) -> str:
    name, address = _mailbox(value)
    return f"{name} <{address}>" if name else address


def _decoded(value: str) -> str:
    """Encoded-words as text (RFC 2047); what cannot be decoded stays as it is."""
    try:
        return str(make_header(decode_header(value.strip())))
    except (LookupError, UnicodeDecodeError, ValueError):
        return value.strip()


CHECKS = (headers,)
