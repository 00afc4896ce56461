"""Signatures are checked by somebody else's verifier, on the bytes that would be sent."""

from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from digest.errors import Misconfigured
from digest.rendering.content import Site
from digest.rendering.dkim import DkimSigner, SigningKey, read_key, relaxed_body
from digest.rendering.letter import compile_letter
from digest.rendering.message import ReaderValues
from digest.rendering.templates import load_templates

NOW = datetime(2024, 11, 26, 9, 0, tzinfo=UTC)  # dkimpy refuses what lies ahead of its clock
MESSAGE = (
    b"From: Weekly <w@news.example.org>\r\nTo: r@example.org\r\nSubject: a  long\r\n subject\r\n"
    b"List-Unsubscribe: <https://digest.example.org/unsubscribe/t>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nhello\r\n.world\r\n"
)


@pytest.fixture(scope="module")
def keys() -> tuple[SigningKey, SigningKey]:
    return (
        SigningKey("rsa1", rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        SigningKey("ed1", ed25519.Ed25519PrivateKey.generate()),
    )


def verified(message: bytes, signer: DkimSigner, index: int = 0) -> bool:
    published = {
        f"{key.selector}._domainkey.{signer.domain}.".encode(): key.record().encode()
        for key in signer.keys
    }
    checker = dkim.DKIM(message)
    try:
        return bool(checker.verify(index, dnsfunc=lambda name, **_: published.get(name)))
    except dkim.ValidationError as error:  # how dkimpy says that the body was changed
        if "body hash mismatch" not in str(error):
            raise
        return False


def test_both_kinds_of_key_verify_independently(keys: tuple[SigningKey, SigningKey]) -> None:
    signer = DkimSigner("news.example.org", keys)
    signed = signer.sign(MESSAGE, NOW)
    assert signed.count(b"DKIM-Signature:") == 2
    assert verified(signed, signer, 0)
    assert verified(signed, signer, 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"hello", b"hellO"),
        (b"One-Click", b"Two-Click"),
        (b"unsubscribe/t>", b"unsubscribe/u>"),
        (b"To: r@", b"To: x@"),
        (b"Subject: a", b"Subject: b"),
        (b"From: Weekly", b"From: Weakly"),
    ],
)
def test_any_change_breaks_the_signature(
    keys: tuple[SigningKey, SigningKey], before: bytes, after: bytes
) -> None:
    signer = DkimSigner("news.example.org", keys[:1])
    signed = signer.sign(MESSAGE, NOW)
    assert not verified(signed.replace(before, after), signer)


def test_a_second_from_breaks_the_signature(keys: tuple[SigningKey, SigningKey]) -> None:
    signer = DkimSigner("news.example.org", keys[:1])
    signed = signer.sign(MESSAGE, NOW)
    assert not verified(b"From: Somebody <else@example.org>\r\n" + signed, signer)


def test_the_fields_that_one_click_needs_are_named(keys: tuple[SigningKey, SigningKey]) -> None:
    head = DkimSigner("news.example.org", keys[:1]).sign(MESSAGE, NOW).split(b"From:")[0]
    field = head.replace(b"\r\n ", b"").decode()
    assert "h=from:from:" in field
    assert ":list-unsubscribe:list-unsubscribe-post;" in field
    assert "l=" not in field
    assert all(len(line) <= 78 for line in head.split(b"\r\n"))


def test_a_real_letter_is_in_its_relaxed_form_and_verifies(
    keys: tuple[SigningKey, SigningKey], site: Site
) -> None:
    context = {
        "edition_name": "Weekly",
        "confirm_url": "https://digest.example.org/confirm/abc",
        "requested_on": "20 November 2026",
        "valid_hours": 48,
    }
    letter = compile_letter("confirmation", context, site, load_templates("confirmation"))
    message = letter.fill(ReaderValues("r@example.org", "<1@news.example.org>", NOW))
    body = message.partition(b"\r\n\r\n")[2]
    assert relaxed_body(body) is body
    signer = DkimSigner("news.example.org", keys)
    assert verified(signer.sign(message, NOW), signer)


@pytest.mark.parametrize(
    ("body", "relaxed"),
    [
        (b"", b""),
        (b"\r\n\r\n", b""),
        (b"a \r\nb\t\tc\r\n\r\n", b"a\r\nb c\r\n"),
        (b"no newline", b"no newline\r\n"),
        (b"plain\r\n", b"plain\r\n"),
    ],
)
def test_relaxing_a_body(body: bytes, relaxed: bytes) -> None:
    assert relaxed_body(body) == relaxed


class TestReadingKeys:
    def pem(self, key: "object") -> bytes:
        return key.private_bytes(  # type: ignore[attr-defined, no-any-return]
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def test_both_kinds_are_read(self, tmp_path: Path, keys: tuple[SigningKey, SigningKey]) -> None:
        for key in keys:
            path = tmp_path / key.selector
            path.write_bytes(self.pem(key.private))
            assert read_key(key.selector, path).record() == key.record()

    def test_what_cannot_be_used_is_said_without_the_key(self, tmp_path: Path) -> None:
        short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        curve = ec.generate_private_key(ec.SECP256R1())
        contents = {
            "use 2048": self.pem(short),
            "neither RSA nor Ed25519": self.pem(curve),
            "no unencrypted PEM key": b"-----BEGIN nonsense",
        }
        for reason, content in contents.items():
            (tmp_path / "key").write_bytes(content)
            with pytest.raises(Misconfigured, match=reason):
                read_key("s", tmp_path / "key")
        with pytest.raises(Misconfigured, match="cannot read"):
            read_key("s", tmp_path / "missing")
