"""`Name <address>`: the one parser of every sender, reply-to, return path, editor and tester.

It takes what people write, which is more than RFC 5322 section 3.4 allows: a name with a colon, a
comma or an @ needs no quotes. The address is what stands in the last angle brackets. Nothing is
left out silently: what does not fit is refused.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from unicodedata import category

from subscribers.address import EmailAddress
from subscribers.errors import InvalidAddress, InvalidMailbox

EXAMPLE = "Name <name@example.org>"
LONGEST_NAME = 200

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ATOMS = re.compile(r"[^\x00-\x1f\"(),:;<>@\[\\\]]*")
_JOINERS = "\u200c\u200d"  # of emoji and of several scripts; other invisible characters are refused


class Mailbox(NamedTuple):
    """A display name, which may be empty, and an address with its domain in A-labels."""

    name: str
    address: str

    @classmethod
    def parse(cls, text: str) -> "Mailbox":
        """One mailbox. Raises `InvalidMailbox`, also where there are several."""
        found = list(_mailboxes(text))
        if len(found) > 1:
            raise InvalidMailbox(_several([mailbox.address for mailbox in found]))
        return found[0]

    @classmethod
    def parse_all(cls, text: str) -> "tuple[Mailbox, ...]":
        """One or several, separated by commas or semicolons. Raises `InvalidMailbox`."""
        return tuple(_mailboxes(text))

    @classmethod
    def parse_sender(cls, text: str) -> "Mailbox":
        """One mailbox whose address every relay accepts. Raises `InvalidMailbox`."""
        mailbox = cls.parse(text)
        if not mailbox.address.isascii():
            raise InvalidMailbox("has a letter before the @ that only some relays accept; use a-z")
        return mailbox

    @property
    def domain(self) -> str:
        """The part of the address after the @."""
        return self.address.rpartition("@")[2]

    def __str__(self) -> str:
        """As `parse` reads it again: the name in quotes where it needs them."""
        if not self.name:
            return self.address
        name = self.name
        if not _ATOMS.fullmatch(name):
            name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return f"{name} <{self.address}>"


def _mailboxes(text: str) -> Iterator[Mailbox]:
    _refuse_invisible(text)
    pieces = _split(text)
    if not pieces:
        raise InvalidMailbox(f"is empty; write {EXAMPLE}")
    for piece in pieces:
        yield _mailbox(piece)


def _refuse_invisible(text: str) -> None:
    """Line breaks would forge headers, and marks of direction would show another name."""
    for character in text.strip():
        if category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in _JOINERS:
            code = f"U+{ord(character):04X}"
            raise InvalidMailbox(f"has a line break or an invisible character ({code}); remove it")


def _split(text: str) -> list[str]:
    """The text at the commas and semicolons that end an address; others belong to a name."""
    pieces, begin = [], 0
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|[,;]', text):
        piece = text[begin : match.start()].strip()
        if match[0] in (",", ";") and (piece.endswith(">") or _is_address(piece)):
            pieces.append(piece)
            begin = match.end()
    pieces.append(text[begin:].strip())
    return [piece for piece in pieces if piece]


def _mailbox(text: str) -> Mailbox:
    if not text.endswith(">"):
        return Mailbox("", _address(text, text))
    name, bracket, address = text[:-1].rpartition("<")
    if not bracket:
        raise InvalidMailbox(f"has a > without a <; write {EXAMPLE}")
    address = _address(address, text)
    return Mailbox(_name(name, address), address)


def _name(text: str, address: str) -> str:
    """The display name without the quotes around it; white space folded."""
    name = " ".join(text.split())
    if quoted := _QUOTED.fullmatch(name):
        name = " ".join(re.sub(r"\\(.)", r"\1", quoted[1]).split())
    elif others := [other for other in _addresses(name) if other != address]:
        raise InvalidMailbox(_several([*others, address]))
    if len(name) > LONGEST_NAME:
        raise InvalidMailbox(f"has a name of more than {LONGEST_NAME} characters; shorten it")
    return name


def _address(text: str, whole: str) -> str:
    """The address with its domain in A-labels."""
    try:
        return EmailAddress.parse(text.strip()).wire
    except InvalidAddress as error:
        raise InvalidMailbox(_explained(text.strip(), whole, error.reason)) from None


def _explained(address: str, whole: str, reason: str) -> str:
    addresses = _addresses(whole)
    if len(addresses) > 1:
        return _several(addresses)
    if addresses and not whole.endswith(">"):
        rest = " ".join(re.sub(r"[<>()]", " ", whole.replace(addresses[0], " ")).split())
        return f"has no < > around the address; write {Mailbox(rest.rstrip(',;'), addresses[0])}"
    if address.startswith("mailto:"):
        return "has mailto: before the address; remove it"
    return f"has no usable address: {address!r} {reason}; write {EXAMPLE}"


def _several(addresses: Sequence[str]) -> str:
    return f"holds several addresses, {' and '.join(addresses[:2])}; keep one, as {EXAMPLE}"


def _addresses(text: str) -> list[str]:
    words = (word.strip("<>(),;") for word in text.split())
    return [word for word in words if _is_address(word)]


def _is_address(text: str) -> bool:
    try:
        EmailAddress.parse(text)
    except InvalidAddress:
        return False
    return True
