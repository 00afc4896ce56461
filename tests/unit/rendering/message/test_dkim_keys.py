"""Keys are read from files, and an unusable one is reported at once."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from digest.errors import Misconfigured
from digest.rendering.message.dkim_keys import SigningKey, read_key, read_keys


@pytest.fixture(scope="module")
def keys() -> tuple[SigningKey, SigningKey]:
    return (
        SigningKey("ed1", ed25519.Ed25519PrivateKey.generate()),
        SigningKey("rsa1", rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    )


@pytest.fixture
def files(tmp_path: Path, keys: tuple[SigningKey, SigningKey]) -> Path:
    """A folder with both keys in files called like their selectors."""
    for key in keys:
        (tmp_path / key.selector).write_bytes(pem(key.private))
    return tmp_path


def pem(key: object) -> bytes:
    return key.private_bytes(  # type: ignore[attr-defined, no-any-return]
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_both_kinds_are_read(files: Path, keys: tuple[SigningKey, SigningKey]) -> None:
    for key in keys:
        assert read_key(key.selector, files / key.selector).record() == key.record()


def test_rsa_signs_first_whatever_the_order_of_the_keys(files: Path) -> None:
    found = read_keys(f"e:{files}/ed1, r:{files}/rsa1 ,r2.jan:{files}/rsa1,")
    assert [key.selector for key in found] == ["r", "r2.jan", "e"]


def test_none_are_set_where_the_relay_signs() -> None:
    assert read_keys("") == ()


def test_ed25519_alone_is_refused(files: Path) -> None:
    with pytest.raises(Misconfigured, match="add an RSA key"):
        read_keys(f"e:{files}/ed1")


@pytest.mark.parametrize(
    "text", ["key.pem", "a b:key.pem", "-a:key.pem", "a..b:key.pem", ":key.pem"]
)
def test_a_selector_must_be_a_name_in_dns(text: str) -> None:
    with pytest.raises(Misconfigured, match="write selector:path"):
        read_keys(text)


def test_two_keys_under_one_selector_are_refused(files: Path) -> None:
    with pytest.raises(Misconfigured, match="selector of its own"):
        read_keys(f"a:{files}/rsa1,A:{files}/rsa1")


def test_an_unusable_key_is_reported_without_its_content(tmp_path: Path) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    curve = ec.generate_private_key(ec.SECP256R1())
    contents = {
        "use 2048": pem(short),
        "neither RSA nor Ed25519": pem(curve),
        "not an unencrypted PEM key": b"-----BEGIN nonsense",
    }
    for reason, content in contents.items():
        (tmp_path / "key").write_bytes(content)
        with pytest.raises(Misconfigured, match=reason):
            read_key("s", tmp_path / "key")
    with pytest.raises(Misconfigured, match="cannot read"):
        read_key("s", tmp_path / "missing")
