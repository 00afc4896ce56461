"""Header fields as bytes (RFC 5322, 2047, 2369, 2919, 8058).

The standard library does not write them because `email.policy.SMTP` turns a
List-Unsubscribe token of 78 characters or more into an encoded-word, and then mail programs
no longer find the address for one-click unsubscribing.
"""

import re
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache

from digest.rendering.errors import MessageError
from subscribers.errors import InvalidMailbox
from subscribers.mailbox import Mailbox

LINE = 78

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_URI = re.compile(r"https?://[\x21-\x3b\x3d\x3f-\x7e]+")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")
_ENCODED_LINE = 76
_ADDR_SPEC = re.compile(
    r"(?P<local>\"(?:[^\"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*\"|[^\s@<>(),:;\"\\\[\]\x00-\x1f\x7f]+)"
    r"@(?P<domain>[^\s@<>(),:;\"\\\x00-\x1f\x7f]+)"
)


def sender_of(text: str) -> Mailbox:
    """The mailbox of From or Reply-To. Raises `MessageError`."""
    try:
        return Mailbox.parse_sender(text)
    except InvalidMailbox as error:
        raise MessageError(f"the sender {text!r} {error}") from None


def refuse_controls(what: str, text: str) -> None:
    """Refuse CR, LF, NUL and other control characters in a header. Raises `MessageError`."""
    if _CONTROL.search(text):
        raise MessageError(f"{what} has a line break or control character in it; remove it")


def field(name: str, value: str) -> bytes:
    """A field whose value is ASCII and written as it is, folded after the name if it is long."""
    refuse_controls(name, value)
    line = f"{name}: {value}"
    if len(line) > LINE:
        line = f"{name}:\r\n {value}"
    return f"{line}\r\n".encode("ascii")


def text_field(name: str, text: str) -> bytes:
    """An unstructured field such as Subject, in RFC 2047 encoded-words where it must be."""
    refuse_controls(name, text)
    line = f"{name}: {text}"
    if text.isascii() and "=?" not in text and len(line) <= LINE and text == text.strip():
        return f"{line}\r\n".encode("ascii")
    return f"{name}: {_encoded_words(text, len(name) + 2)}\r\n".encode("ascii")


def mailbox_field(name: str, mailbox: Mailbox) -> bytes:
    """From and Reply-To."""
    if not mailbox.name:
        return field(name, mailbox.address)
    phrase = phrase_of(mailbox.name, len(name) + 2)
    line = f"{name}: {phrase} <{mailbox.address}>"
    if len(line.rpartition("\r\n")[2]) > LINE:
        line = f"{name}: {phrase}\r\n <{mailbox.address}>"
    return f"{line}\r\n".encode("ascii")


def phrase_of(name: str, offset: int) -> str:
    """A display name as atoms, a quoted string or encoded-words; `offset` columns are taken."""
    refuse_controls("a display name", name)
    if name.isascii() and "=?" not in name and len(name) + offset < LINE:
        if _ATOMS.fullmatch(name):
            return name
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _encoded_words(name, offset)


def recipient_field(address: str, *, smtputf8: bool) -> bytes:
    """To. `address` is ASCII (A-labels) unless the server offers SMTPUTF8 (RFC 6532)."""
    if not _ADDR_SPEC.fullmatch(address):
        raise MessageError("the reader's address cannot be written in a header; correct it")
    if not address.isascii() and not smtputf8:
        raise MessageError(
            "the reader's address is not ASCII and the relay does not offer SMTPUTF8 (RFC 6531)"
        )
    line = f"To: {address}"
    if len(line) > LINE:
        line = f"To:\r\n {address}"
    return f"{line}\r\n".encode()


def date_field(date: datetime) -> bytes:
    """Date, in UTC (RFC 5322 section 3.3); `date` must be aware."""
    if date.tzinfo is None:
        raise ValueError("the Date of a message must be an aware datetime")
    return _date_field(date.replace(microsecond=0))


@lru_cache(maxsize=4)  # thousands of messages share a second
def _date_field(date: datetime) -> bytes:
    return field("Date", format_datetime(date.astimezone(UTC)))


def uri_field(name: str, uri: str) -> bytes:
    """A List-* field with exactly one URI in angle brackets (RFC 2369)."""
    if not _URI.fullmatch(uri) or "," in uri:
        raise MessageError(f"{name} needs one http(s) address, in ASCII and without < > or commas")
    return field(name, f"<{uri}>")


def message_id_field(message_id: str) -> bytes:
    """Message-ID. It is never folded, because many relays mishandle a folded one."""
    value = message_id.removeprefix("<").removesuffix(">")
    if not _MESSAGE_ID.fullmatch(value):
        raise MessageError("a Message-ID is written local@domain, in ASCII")
    return f"Message-ID: <{value}>\r\n".encode("ascii")


def list_id_field(name: str, list_id: str) -> bytes:
    """List-Id: 'Name <weekly.news.example.org>' (RFC 2919)."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+", list_id):
        raise MessageError(f"{list_id!r} is not a List-Id; use letters, digits, hyphens and dots")
    phrase = f"{phrase_of(name, len('List-Id: '))} " if name else ""
    line = f"List-Id: {phrase}<{list_id}>"
    if len(line.rpartition("\r\n")[2]) > LINE:
        line = f"List-Id: {phrase.rstrip()}\r\n <{list_id}>"
    return f"{line}\r\n".encode("ascii")


def _encoded_words(text: str, offset: int) -> str:
    """Words of at most 75 characters; the first line leaves `offset` columns for the name."""
    header = Header(text, "utf-8", _ENCODED_LINE, header_name="-" * (offset - len(": ")))
    return header.encode(linesep="\r\n")
