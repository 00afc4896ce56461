"""Email addresses, parsed once at the edge.

The only file that imports email-validator. Nothing queries the DNS: whether an address
can be reached is what the confirmation mail finds out.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import category, normalize

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from subscribers.errors import InvalidAddress
from subscribers.scripts import imitates

__all__ = ["EmailAddress", "InvalidAddress"]

MAXIMUM_CHARACTERS = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets
CACHED_DOMAINS = 10_000
IMITATES = "mixes alphabets, or has letters that look like Latin ones,"

# RFC 5321 section 4.1.2: Dot-string of at most 64 octets.
_DOT_STRING = re.compile(
    r"(?=.{1,64}\Z)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address that mail can be sent to; create one with `parse`.

    `local` is the part before the @ as it was written, in NFC. `domain` is in A-labels
    (RFC 5890), `shown_domain` in the form that people read.
    """

    local: str
    domain: str
    shown_domain: str

    @classmethod
    def parse(cls, raw: str) -> "EmailAddress":
        """Parse an address as a person typed it; white space around it is removed, seen or not.

        Rejected: quoted local parts, IP literals, comments, display names, control
        characters, symbols and emoji, letters of several scripts or made to look like
        Latin ones, domains without a dot, more than 254 characters.
        `example.*` and `.test` are accepted like any other domain (RFC 6761 sections 6.2
        and 6.5). Raises `InvalidAddress`.
        """
        text = _trimmed(raw)
        if not text:
            raise InvalidAddress("is empty")
        if len(text) > MAXIMUM_CHARACTERS:
            raise InvalidAddress(f"is longer than {MAXIMUM_CHARACTERS} characters")
        local, at, domain = text.rpartition("@")
        if not at:
            raise InvalidAddress("has no @")
        if _DOT_STRING.match(local):
            # Most addresses of a list share a few domains, so the result for a domain is cached.
            shown_domain, domain = _validate_domain(domain)
        else:
            valid = _validate(text)
            local = _permitted(valid.local_part, valid.domain)
            shown_domain, domain = _not_imitating(valid.domain), valid.ascii_domain
        address = cls(local, domain, shown_domain)
        if max(_octets(address.wire), _octets(address.text)) > MAXIMUM_CHARACTERS:
            raise InvalidAddress(f"is longer than {MAXIMUM_CHARACTERS} octets")
        return address

    @property
    def text(self) -> str:
        """For people to read: `ann@münchen.example`."""
        return f"{self.local}@{self.shown_domain}"

    @property
    def wire(self) -> str:
        """For the SMTP envelope: the case of the local part is kept (RFC 5321 section 2.4)."""
        return f"{self.local}@{self.domain}"

    @property
    def normalised(self) -> str:
        """What identifies a reader: equal for all spellings of one address; never mailed to."""
        return f"{normalize('NFC', self.local.casefold())}@{self.domain}"

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only a relay with SMTPUTF8 (RFC 6531) can accept it."""
        return not self.local.isascii()

    @property
    def masked(self) -> str:
        """Enough to recognise one's own address, for pages whose links get forwarded."""
        return f"{self.local[0]}…@{self.shown_domain}"


def _validate(text: str) -> ValidatedEmail:
    try:
        # test_environment accepts .test, and has no other effect without a DNS check.
        valid = validate_email(text, check_deliverability=False, strict=True, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidAddress(f"is not valid ({str(error).rstrip('.')})") from None
    if "." not in (valid.ascii_domain or ""):
        raise InvalidAddress("has no full domain after the @")
    return valid


@lru_cache(maxsize=CACHED_DOMAINS)
def _validate_domain(domain: str) -> tuple[str, str]:
    valid = _validate(f"x@{domain}")
    assert valid.ascii_domain
    return _not_imitating(valid.domain), valid.ascii_domain


def _not_imitating(domain: str) -> str:
    """The domain as people read it. Raises `InvalidAddress` for one made to look like another."""
    if not domain.isascii():
        top = domain.rpartition(".")[2]
        if any(imitates(label, beside=top) for label in domain.split(".")[:-1]):
            raise InvalidAddress(f"{IMITATES} after the @")
    return domain


def _trimmed(raw: str) -> str:
    """Without white space and invisible characters around, which come with copying."""
    text = raw.strip()
    if text.isascii():
        return text
    start, end = 0, len(text)
    while start < end and _invisible(text[start]):
        start += 1
    while end > start and _invisible(text[end - 1]):
        end -= 1
    return text[start:end]


def _invisible(character: str) -> bool:
    return character.isspace() or category(character) == "Cf"


def _permitted(local: str, domain: str) -> str:
    """Non-ASCII as in PRECIS' IdentifierClass (RFC 8264 section 4.2): no symbols, no look-alikes.

    Letters, marks and digits are allowed; emoji, full-width letters and ligatures are not.
    """
    for character in local:
        if not character.isascii() and category(character)[0] not in "LMN":
            raise InvalidAddress("has a symbol before the @ that mail servers do not accept")
    if normalize("NFKC", local) != local:
        raise InvalidAddress("has a look-alike of a letter before the @")
    if imitates(local, beside=domain.rpartition(".")[2]):
        raise InvalidAddress(f"{IMITATES} before the @")
    return local


def _octets(text: str) -> int:
    return len(text.encode())
