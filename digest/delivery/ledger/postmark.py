"""Message-IDs: made anew for each try, and the same each time."""

import hmac
import secrets
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Postmark:
    """A mailing's own random key, and its sender's domain.

    It is kept with the mailing as text, `key@domain`: neither a new secret key of
    the installation nor another sender changes a Message-ID between two tries.
    Nothing is kept with a delivery, whose Message-ID names it to us alone.
    """

    key: str
    domain: str

    @classmethod
    def new(cls, domain: str) -> "Postmark":
        """For a new mailing from `domain`, an A-label."""
        return cls(secrets.token_hex(16), domain)

    @classmethod
    def parse(cls, text: str) -> "Postmark":
        """What `str` wrote."""
        key, _, domain = text.partition("@")
        return cls(key, domain)

    def __str__(self) -> str:
        return f"{self.key}@{self.domain}"

    def message_id(self, delivery_id: int) -> str:
        """RFC 5322 section 3.6.4: `<number.keyed hash@domain>`, 120 bits that none can guess."""
        mac = self._keyed.copy()
        mac.update(str(delivery_id).encode())
        return f"<{delivery_id}.{mac.digest()[:15].hex()}@{self.domain}>"

    @cached_property
    def _keyed(self) -> hmac.HMAC:
        return hmac.new(self.key.encode(), digestmod="sha256")
