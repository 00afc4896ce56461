"""DKIM signatures (RFC 6376, RFC 8463): relaxed/relaxed, rsa-sha256, Ed25519 beside it.

There is no `l=`, so that text appended to a message breaks the signature. There is no `x=`,
because a relay may queue a message for days.

A signer is made once for a sender and kept. It takes a message in the pieces in which it is
written, so that only what differs from the message before is canonicalised.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from digest.rendering.message.dkim_keys import SigningKey, read_keys

__all__ = [
    "DkimSigner",
    "SigningKey",
    "read_keys",
    "relaxed_body",
    "relaxed_field",
    "relaxed_fields",
]

Relaxed = dict[str, bytes]

# RFC 6376 section 5.4.1; RFC 8058 section 4 wants both List-Unsubscribe fields signed.
SIGNED_FIELDS = (
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "auto-submitted",
    "feedback-id",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
# Named once more than they occur, so that adding another one breaks the signature
# (RFC 6376 section 8.15).
GUARDED_FIELDS = frozenset(
    {"from", "to", "cc", "subject", "date", "reply-to", "mime-version", "content-type"}
)
LINE = 76
SIGNATURE_LINE = 72
KEPT_HEADERS = 32
_WHITE = re.compile(rb"[ \t]+")
_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_NOT_RELAXED = (b"  ", b"\t", b" \r\n")


@dataclass(frozen=True)
class _SignatureForm:
    """A DKIM-Signature field without its time (`%d`), its body hash (`%b`) and the signature."""

    wire: bytes
    relaxed: bytes


class DkimSigner:
    """Signs for one domain with each of its keys; the fields are in the order of the keys.

    Its only state is a cache of signature forms, so several threads may share it. The RSA
    operation releases the interpreter's lock.
    """

    def __init__(self, domain: str, keys: Iterable[SigningKey]) -> None:
        self.domain, self.keys = domain, tuple(keys)
        self._forms: dict[tuple[str, ...], tuple[_SignatureForm, ...]] = {}

    def sign(self, message: bytes, now: datetime) -> bytes:
        """The whole message with its signatures in front; any message with CRLF lines will do."""
        header, _, body = message.partition(b"\r\n\r\n")
        return self.signatures(header + b"\r\n", b"", relaxed_body(body), now) + message

    def signatures(
        self, own: bytes, common: bytes, body: bytes | memoryview, now: datetime
    ) -> bytes:
        """The DKIM-Signature fields to put in front of `own + common + CRLF + body`.

        `own` are the header fields of this message alone, `common` those that it shares
        with the others of its mailing (looked at once); both end in CRLF or are empty.
        `body` is hashed as it is and must be in its relaxed form (see `relaxed_body`), as
        filled segments are.
        """
        fields = _shared_fields(common) | relaxed_fields(own) if common else relaxed_fields(own)
        names = tuple(name for name in SIGNED_FIELDS if name in fields)
        forms = self._forms.get(names) or self._make_forms(names)
        signed = b"".join([fields[name] + b"\r\n" for name in names])
        values = (int(now.timestamp()), b64encode(hashlib.sha256(body).digest()))
        return b"".join(
            [
                form.wire % values + _folded_base64(key.sign(signed + form.relaxed % values))
                for key, form in zip(self.keys, forms, strict=True)
            ]
        )

    def _make_forms(self, present: tuple[str, ...]) -> tuple[_SignatureForm, ...]:
        forms = tuple(_form(self.domain, key, present) for key in self.keys)
        self._forms[present] = forms
        return forms


def relaxed_body(body: bytes) -> bytes:
    """The relaxed body of RFC 6376 section 3.4.4; the same object if it is relaxed already."""
    ends_well = body.endswith(b"\r\n") and not body.endswith(b"\r\n\r\n")
    if ends_well and body != b"\r\n" and not any(found in body for found in _NOT_RELAXED):
        return body
    lines = [_WHITE.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def relaxed_field(name: str, value: bytes) -> bytes:
    """RFC 6376 section 3.4.2, without the closing CRLF."""
    unfolded = value.replace(b"\r\n", b"")
    return name.lower().encode("ascii") + b":" + _WHITE.sub(b" ", unfolded).strip(b" ")


def relaxed_fields(header: bytes) -> Relaxed:
    """The fields in relaxed form, by lower-case name.

    Of several with one name it is the last, which is signed first (RFC 6376 section 5.4.2).
    """
    found = {}
    for field in _FIELD_END.split(header):
        raw, colon, value = field.partition(b":")
        if colon:
            name = raw.decode("ascii").strip().lower()
            found[name] = relaxed_field(name, value)
    return found


@lru_cache(maxsize=KEPT_HEADERS)
def _shared_fields(header: bytes) -> Relaxed:
    return relaxed_fields(header)


def _form(domain: str, key: SigningKey, present: Sequence[str]) -> _SignatureForm:
    names = [name for name in SIGNED_FIELDS for _ in range(_times(name, present))]
    tags = [
        "v=1;",
        f" a={key.algorithm};",
        " c=relaxed/relaxed;",
        f" d={domain};",
        f" s={key.selector};",
        " t=%d;",
        f" h={names[0]}",
        *(f":{name}" for name in names[1:]),
    ]
    wire = f"DKIM-Signature: {_folded(tags)};\r\n bh=%b;\r\n b=".encode("ascii")
    return _SignatureForm(wire, relaxed_field("DKIM-Signature", wire.partition(b":")[2]))


def _times(name: str, present: Sequence[str]) -> int:
    return (name in present) + (name in GUARDED_FIELDS)


def _folded(pieces: Iterable[str]) -> str:
    """The pieces on lines of at most LINE columns, broken only between pieces."""
    room = LINE - len("DKIM-Signature: ")
    text = ""
    for piece in pieces:
        width = len(piece.replace("%d", "1234567890"))
        if width > room:
            text += "\r\n "
            piece = piece.lstrip()
            room = LINE - 1
        text += piece
        room -= width
    return text


def _folded_base64(signature: bytes) -> bytes:
    text = b64encode(signature)
    lines = [text[at : at + SIGNATURE_LINE] for at in range(0, len(text), SIGNATURE_LINE)]
    return b"\r\n ".join(lines) + b"\r\n"
