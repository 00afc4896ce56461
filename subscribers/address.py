"""Email addresses, parsed once at the edge.

The only file that imports email-validator. Nothing asks the DNS: whether an
address can be reached is for the confirmation mail to find out.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import category, normalize

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from subscribers.errors import InvalidAddress

__all__ = ["EmailAddress", "InvalidAddress"]

MAXIMUM_CHARACTERS = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets
DOMAINS_REMEMBERED = 10_000

# RFC 5321 section 4.1.2: Dot-string of at most 64 octets.
_DOT_STRING = re.compile(
    r"(?=.{1,64}\Z)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address that mail can be sent to; make one with `parse`.

    `local` is her local part as she wrote it, in NFC; `domain` is in A-labels,
    `shown_domain` as people read it.
    """

    local: str
    domain: str
    shown_domain: str

    @classmethod
    def parse(cls, raw: str) -> "EmailAddress":
        """Parse what somebody typed; spaces around it are forgiven, nothing else is.

        Refused: quoted local parts, IP literals, comments, display names, control
        characters, symbols and emoji, dotless domains, more than 254 characters.
        `example.*` and `.test` are taken as any other domain, as RFC 6761 sections
        6.2 and 6.5 ask. Raises `InvalidAddress`.
        """
        text = raw.strip(" ")
        if not text:
            raise InvalidAddress("is empty")
        if len(text) > MAXIMUM_CHARACTERS:
            raise InvalidAddress(f"is longer than {MAXIMUM_CHARACTERS} characters")
        local, at, domain = text.rpartition("@")
        if not at:
            raise InvalidAddress("has no @")
        if _DOT_STRING.match(local):
            # Most addresses share their domain with many others, which is judged once.
            shown_domain, domain = _judge_domain(domain)
        else:
            judged = _judge(text)
            local = _permitted(judged.local_part)
            shown_domain, domain = judged.domain, judged.ascii_domain
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
        """Who it is: two spellings of one address have the same; never mailed to."""
        return f"{normalize('NFC', self.local.casefold())}@{self.domain}"

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only a relay with SMTPUTF8 (RFC 6531) can take it."""
        return not self.local.isascii()

    @property
    def masked(self) -> str:
        """Enough to know one's own address by, for pages whose links get forwarded."""
        return f"{self.local[0]}…@{self.shown_domain}"


def _judge(text: str) -> ValidatedEmail:
    try:
        # test_environment admits .test, and has no other effect without a DNS check.
        judged = validate_email(
            text, check_deliverability=False, strict=True, test_environment=True
        )
    except EmailNotValidError as error:
        raise InvalidAddress(f"is not valid ({str(error).rstrip('.')})") from None
    if "." not in (judged.ascii_domain or ""):
        raise InvalidAddress("has no full domain after the @")
    return judged


@lru_cache(maxsize=DOMAINS_REMEMBERED)
def _judge_domain(domain: str) -> tuple[str, str]:
    judged = _judge(f"x@{domain}")
    assert judged.ascii_domain
    return judged.domain, judged.ascii_domain


def _permitted(local: str) -> str:
    """Non-ASCII as in PRECIS' IdentifierClass (RFC 8264 section 4.2): no symbols, no look-alikes.

    Letters, marks and digits are kept; emoji, full-width letters and ligatures are not.
    """
    for character in local:
        if not character.isascii() and category(character)[0] not in "LMN":
            raise InvalidAddress("has a symbol before the @ that mail servers do not take")
    if normalize("NFKC", local) != local:
        raise InvalidAddress("has a look-alike of a letter before the @")
    return local


def _octets(text: str) -> int:
    return len(text.encode())
