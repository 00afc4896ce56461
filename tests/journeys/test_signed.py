"""Signatures on mail received in a real SMTP session, checked by independent verifiers."""

from collections.abc import Iterator
from pathlib import Path

import dkim
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from digest.bootstrap import open_app
from digest.demo.environment import free_port
from digest.rendering.message.dkim import SigningKey, read_keys
from digest.settings import load_settings
from tests.catalogue import add_comparison
from tests.journeys.conftest import CommandLine
from tests.opendkim import find_opendkim

DOMAIN = "news.example.org"


class Mailbox:
    """Keeps each message as a relay has it, after removing the stuffed dots."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.messages.append(envelope.original_content or b"")
        return "250 2.0.0 taken"


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    handler, port = Mailbox(), free_port(0)
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setenv("DIGEST_SMTP_URL", f"smtp://127.0.0.1:{port}")
    monkeypatch.setenv("DIGEST_PUBLIC_URL", "https://digest.example.org")
    yield handler
    controller.stop()


@pytest.fixture
def keys(digest: CommandLine, monkeypatch: pytest.MonkeyPatch) -> tuple[SigningKey, ...]:
    rsa_key, ed_key = digest.folder / "rsa.pem", digest.folder / "ed.pem"
    write_key(rsa_key, rsa.generate_private_key(public_exponent=65537, key_size=2048))
    write_key(ed_key, ed25519.Ed25519PrivateKey.generate())
    text = f"r1:{rsa_key},e1:{ed_key}"
    monkeypatch.setenv("DIGEST_DKIM_KEYS", text)
    return read_keys(text)


def write_key(path: Path, key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> None:
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@pytest.fixture
async def news(keys: tuple[SigningKey, ...], mailbox: Mailbox) -> None:
    """A comparison with a tool whose name starts with a dot."""
    async with open_app(load_settings()) as app, app.store.write() as session:
        await add_comparison(session, "Alpha", ".NET Copilot", app.clock())


@pytest.mark.usefixtures("news")
def test_signatures_of_an_issue_and_a_notice_verify_as_received(
    digest: CommandLine, mailbox: Mailbox, keys: tuple[SigningKey, ...], tmp_path: Path
) -> None:
    for name in ("ada", "bob"):
        digest("readers", "add", f"{name}@example.net", "--confirmed", "--source", "in person")
    digest("issues", "compose")
    digest("issues", "approve", "1")
    digest("issues", "send", "1", "--wait")
    digest("issues", "test", "1", "--to", "me@example.net")
    assert len(mailbox.messages) == 3
    opendkim = find_opendkim(tmp_path)
    published = {f"{key.name(DOMAIN)}.".encode(): key.record().encode() for key in keys}
    for message in mailbox.messages:
        assert message.count(b"DKIM-Signature:") == 2
        for index in (0, 1):
            verifier = dkim.DKIM(message)
            assert verifier.verify(index, dnsfunc=lambda name, **_: published.get(name))
        assert opendkim.accepts(message, DOMAIN, keys)
        without_rsa = message[message.index(b"DKIM-Signature:", 1) :]
        assert opendkim.accepts(without_rsa, DOMAIN, keys)
        assert not opendkim.accepts(without_rsa.replace(b"Alpha", b"Omega"), DOMAIN, keys)
