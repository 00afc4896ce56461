"""Message-IDs: derived from the delivery, so that every try of it has the same one."""

import hmac
import secrets
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class MessageIdMaker:
    """Makes the Message-IDs of one mailing from a random key and the sender's domain.

    The mailing stores both as text, `key@domain`, so that neither a new secret key of
    the installation nor a new sender changes a Message-ID between two tries. Deliveries
    store nothing: only this installation can trace a Message-ID back to its delivery.
    """

    key: str
    domain: str

    @classmethod
    def new(cls, domain: str) -> "MessageIdMaker":
        """For a new mailing from `domain`, an A-label."""
        return cls(secrets.token_hex(16), domain)

    @classmethod
    def parse(cls, text: str) -> "MessageIdMaker":
        """The inverse of `str`."""
        key, _, domain = text.partition("@")
        return cls(key, domain)

    def __str__(self) -> str:
        return f"{self.key}@{self.domain}"

    def message_id(self, delivery_id: int) -> str:
        """RFC 5322 section 3.6.4: `<number.keyed hash@domain>`, with 120 bits of the hash."""
        # Copying the keyed state costs less than keying again for every delivery.
        mac = self._keyed.copy()
        mac.update(str(delivery_id).encode())
        return f"<{delivery_id}.{mac.digest()[:15].hex()}@{self.domain}>"

    @cached_property
    def _keyed(self) -> hmac.HMAC:
        return hmac.new(self.key.encode(), digestmod="sha256")
