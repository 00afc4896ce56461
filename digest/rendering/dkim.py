"""DKIM signatures (RFC 6376, RFC 8463), relaxed/relaxed, without `l=`.

The signer takes the finished message and returns the fields to put in front of
it. A body that is already in its relaxed form, as ours is, is hashed as it is.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from digest.errors import Misconfigured

PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

# RFC 8058 section 4 wants both List-Unsubscribe fields signed; From is named once more than
# it stands, so that nobody can add another (RFC 6376 section 8.15).
SIGNED_FIELDS = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "feedback-id",
    "auto-submitted",
)
MINIMUM_RSA_BITS = 2048
SELECTOR = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", re.IGNORECASE)
LINE_LENGTH = 72
NOT_RELAXED = (b"  ", b"\t", b" \r\n")


@dataclass(frozen=True)
class SigningKey:
    """A private key and the selector under which its public half is published."""

    selector: str
    private: PrivateKey

    @property
    def algorithm(self) -> str:
        """The `a=` tag."""
        return "rsa-sha256" if isinstance(self.private, rsa.RSAPrivateKey) else "ed25519-sha256"

    def sign(self, data: bytes) -> bytes:
        """The signature's octets. Ed25519 signs the SHA-256 (RFC 8463 section 3)."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.private.sign(hashlib.sha256(data).digest())

    def record(self) -> str:
        """The TXT record to publish at `<selector>._domainkey.<domain>`."""
        public = self.private.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            form = serialization.PublicFormat.SubjectPublicKeyInfo
            kind, encoded = "rsa", public.public_bytes(serialization.Encoding.DER, form)
        else:
            kind, encoded = "ed25519", public.public_bytes_raw()
        return f"v=DKIM1; k={kind}; p={b64encode(encoded).decode()}"


def read_keys(text: str) -> tuple[SigningKey, ...]:
    """The keys named as `selector:path`, separated by commas. Raises `Misconfigured`."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        selector, colon, path = part.partition(":")
        if not colon or not SELECTOR.fullmatch(selector):
            raise Misconfigured("DIGEST_DKIM_KEYS: write selector:path, several with commas")
        found.append(read_key(selector, Path(path)))
    return tuple(found)


def read_key(selector: str, path: Path) -> SigningKey:
    """A key from a PEM file. Raises `Misconfigured`, never with the key's content."""
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise Misconfigured(f"DIGEST_DKIM_KEYS: cannot read {path}: {error.strerror}") from None
    except (ValueError, TypeError):
        raise Misconfigured(f"DIGEST_DKIM_KEYS: {path} is no unencrypted PEM key") from None
    if isinstance(private, rsa.RSAPrivateKey):
        if private.key_size < MINIMUM_RSA_BITS:
            raise Misconfigured(f"DIGEST_DKIM_KEYS: {path} has {private.key_size} bits, use 2048")
    elif not isinstance(private, ed25519.Ed25519PrivateKey):
        raise Misconfigured(f"DIGEST_DKIM_KEYS: {path} is neither RSA nor Ed25519")
    return SigningKey(selector, private)


@dataclass(frozen=True)
class DkimSigner:
    """Signs for one domain with each of its keys; the fields stand in the keys' order."""

    domain: str
    keys: Sequence[SigningKey]

    def sign(self, message: bytes, now: datetime) -> bytes:
        """The message with a DKIM-Signature field for each key in front."""
        head, _, body = message.partition(b"\r\n\r\n")
        fields = _fields(head)
        body_hash = b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
        signatures = [self._signature(key, fields, body_hash, now) for key in self.keys]
        return b"".join([*signatures, message])

    def _signature(
        self, key: SigningKey, fields: Mapping[str, bytes], body_hash: str, now: datetime
    ) -> bytes:
        names = [name for name in SIGNED_FIELDS if name in fields]
        tags = [
            f"v=1; a={key.algorithm}; c=relaxed/relaxed;",
            f"d={self.domain}; s={key.selector}; t={int(now.timestamp())};",
            *_folded(["from", *names]),
            f"bh={body_hash};",
            "b=",
        ]
        unsigned = "DKIM-Signature: " + "\r\n ".join(tags)
        signed = [fields[name] for name in names]
        own = relaxed_field("DKIM-Signature", unsigned.partition(":")[2].encode())
        signature = b64encode(key.sign(b"\r\n".join([*signed, own]))).decode()
        lines = (signature[at : at + LINE_LENGTH] for at in range(0, len(signature), LINE_LENGTH))
        return (unsigned + "\r\n ".join(lines) + "\r\n").encode("ascii")


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376 section 3.4.4."""
    ends_well = body.endswith(b"\r\n") and not body.endswith(b"\r\n\r\n")
    if ends_well and not any(found in body for found in NOT_RELAXED):
        return body
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def relaxed_field(name: str, value: bytes) -> bytes:
    """RFC 6376 section 3.4.2, without the closing CRLF."""
    unfolded = value.replace(b"\r\n", b"")
    return name.lower().encode("ascii") + b":" + re.sub(rb"[ \t]+", b" ", unfolded).strip(b" ")


def _fields(head: bytes) -> dict[str, bytes]:
    """Lower-case name → the field in relaxed form. Our messages have each field once."""
    found = {}
    for field in re.split(rb"\r\n(?![ \t])", head):
        raw, _, value = field.partition(b":")
        name = raw.decode("ascii").strip().lower()
        found[name] = relaxed_field(name, value)
    return found


def _folded(names: Sequence[str]) -> list[str]:
    """The `h=` tag in lines of about LINE_LENGTH, broken after a colon."""
    lines = ["h="]
    for name in names:
        if len(lines[-1]) + len(name) > LINE_LENGTH:
            lines.append("")
        lines[-1] += f"{name}:"
    lines[-1] = lines[-1].removesuffix(":") + ";"
    return lines
