"""Keys: signed links that never expire, and the keyed hash of an address.

A signed token is `<key id>.<payload>.<signature>`. It is bound to one purpose, compared in
constant time, and verified by the key that its key id names, so old links keep working
after a rotation. All of it is lower case, since a signed return path crosses mail servers
that fold case. The last key of the ring is the oldest. It also keys the address hashes,
which must never change, so it has to stay.
"""

import hashlib
import hmac

from subscribers.errors import BadToken

__all__ = ["BadToken", "Keyring"]

MINIMUM_KEY_CHARACTERS = 16
SIGNATURE_BYTES = 13  # 104 bits, 26 characters


class Keyring:
    """An ordered set of secret keys: the first signs, all verify, the last hashes addresses."""

    def __init__(self, *keys: str) -> None:
        if not keys or any(len(key) < MINIMUM_KEY_CHARACTERS for key in keys):
            raise ValueError(f"a secret key needs at least {MINIMUM_KEY_CHARACTERS} characters")
        self._keys = {_key_id(key): _keyed(key) for key in reversed(keys)}
        self._signing_id = _key_id(keys[0])
        self._address_hash = hmac.new(keys[-1].encode(), b"address\0", hashlib.sha256)

    @classmethod
    def from_text(cls, text: str) -> "Keyring":
        """Parse comma-separated keys, newest first. Raises `ValueError` on a short one."""
        return cls(*(part.strip() for part in text.split(",") if part.strip()))

    def sign(self, purpose: str, payload: str) -> str:
        """A token for `payload` (URL-safe characters, no dot), 32 characters longer."""
        return (
            f"{self._signing_id}.{payload}.{_mac(self._keys[self._signing_id], purpose, payload)}"
        )

    def verify(self, purpose: str, token: str) -> str:
        """The payload of a token that this ring signed for `purpose`; raises `BadToken`."""
        key_id, _, rest = token.partition(".")
        payload, _, signature = rest.rpartition(".")
        key = self._keys.get(key_id)
        if key is None or not payload or not token.isascii():
            raise BadToken("This link is not one of ours.")
        if not hmac.compare_digest(_mac(key, purpose, payload), signature):
            raise BadToken("This link was altered or cut.")
        return payload

    def derive(self, purpose: str, text: str) -> str:
        """A 160-bit secret, 40 hex digits, that only the holder of the signing key can compute."""
        return _derive(self._keys[self._signing_id], purpose, text)

    def derive_with_each(self, purpose: str, text: str) -> tuple[str, ...]:
        """The result of `derive` for each key of the ring, to recognise an older secret."""
        return tuple(_derive(key, purpose, text) for key in self._keys.values())

    def address_hash(self, normalised: str) -> str:
        """The keyed hash by which an address is recognised after erasure."""
        keyed = self._address_hash.copy()
        keyed.update(normalised.encode())
        return keyed.hexdigest()


def _key_id(key: str) -> str:
    return hashlib.sha256(f"key id\0{key}".encode()).hexdigest()[:4]


def _keyed(key: str) -> hmac.HMAC:
    """An HMAC to copy for each use; `hmac.digest` would let other threads run for every token."""
    return hmac.new(key.encode(), digestmod=hashlib.sha256)


def _digest(keyed: hmac.HMAC, purpose: str, text: str) -> bytes:
    mac = keyed.copy()
    mac.update(f"{purpose}\0{text}".encode())
    return mac.digest()


def _derive(keyed: hmac.HMAC, purpose: str, text: str) -> str:
    return _digest(keyed, purpose, text).hex()[:40]


def _mac(keyed: hmac.HMAC, purpose: str, payload: str) -> str:
    return _digest(keyed, purpose, payload)[:SIGNATURE_BYTES].hex()
