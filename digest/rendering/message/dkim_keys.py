"""The private keys that sign, and the DNS records of their public halves (RFC 6376, RFC 8463)."""

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from digest.errors import Misconfigured

PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

MINIMUM_RSA_BITS = 2048
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
SELECTOR = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.IGNORECASE)
_PADDING, _SHA256 = padding.PKCS1v15(), hashes.SHA256()


@dataclass(frozen=True)
class SigningKey:
    """A private key and the selector under which its public half is published."""

    selector: str
    private: PrivateKey

    @property
    def is_rsa(self) -> bool:
        """Whether it is RSA, which every receiver can check; many do not know Ed25519."""
        return isinstance(self.private, rsa.RSAPrivateKey)

    @property
    def algorithm(self) -> str:
        """The `a=` tag."""
        return "rsa-sha256" if self.is_rsa else "ed25519-sha256"

    def sign(self, data: bytes) -> bytes:
        """The signature's octets. Ed25519 signs the SHA-256 (RFC 8463 section 3)."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, _PADDING, _SHA256)
        return self.private.sign(hashlib.sha256(data).digest())

    def name(self, domain: str) -> str:
        """Where the public half of a key that signs for `domain` is looked up."""
        return f"{self.selector}._domainkey.{domain}"

    def record(self) -> str:
        """The text of the TXT record to publish there; longer than one string of DNS for RSA."""
        return f"v=DKIM1; k={'rsa' if self.is_rsa else 'ed25519'}; p={self.published}"

    @cached_property
    def published(self) -> str:
        """The `p=` tag: the public key in base64."""
        public = self.private.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            form = serialization.PublicFormat.SubjectPublicKeyInfo
            return b64encode(public.public_bytes(serialization.Encoding.DER, form)).decode()
        return b64encode(public.public_bytes_raw()).decode()


def read_keys(text: str) -> tuple[SigningKey, ...]:
    """The keys named as `selector:path`, separated by commas; RSA first. Raises `Misconfigured`.

    Ed25519 is for a second signature only: a message that had no other would count as
    unsigned with most receivers.
    """
    keys = [_key_of(part) for part in map(str.strip, text.split(",")) if part]
    selectors = [key.selector.lower() for key in keys]
    if len(set(selectors)) < len(selectors):
        raise Misconfigured("DIGEST_DKIM_KEYS: give each key a selector of its own")
    if keys and not any(key.is_rsa for key in keys):
        raise Misconfigured(
            "DIGEST_DKIM_KEYS: add an RSA key; few receivers can check Ed25519 alone"
        )
    return tuple(sorted(keys, key=lambda key: not key.is_rsa))


def _key_of(part: str) -> SigningKey:
    selector, colon, path = part.partition(":")
    if not colon or not SELECTOR.fullmatch(selector):
        raise Misconfigured("DIGEST_DKIM_KEYS: write selector:path, several with commas")
    return read_key(selector, Path(path))


def read_key(selector: str, path: Path) -> SigningKey:
    """A key from a PEM file. Raises `Misconfigured`, never with the key's content."""
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise Misconfigured(f"DIGEST_DKIM_KEYS: cannot read {path}: {error.strerror}") from None
    except (ValueError, TypeError):
        raise Misconfigured(f"DIGEST_DKIM_KEYS: {path} is not an unencrypted PEM key") from None
    if isinstance(private, rsa.RSAPrivateKey):
        if private.key_size < MINIMUM_RSA_BITS:
            raise Misconfigured(f"DIGEST_DKIM_KEYS: {path} has {private.key_size} bits, use 2048")
    elif not isinstance(private, ed25519.Ed25519PrivateKey):
        raise Misconfigured(f"DIGEST_DKIM_KEYS: {path} is neither RSA nor Ed25519")
    return SigningKey(selector, private)
