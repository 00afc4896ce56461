"""Each way a relay can fail leads to its own exception."""

import asyncio
import ssl
from pathlib import Path

import pytest

from digest.delivery.ports import (
    Interrupted,
    MessageRefused,
    OutcomeUnknown,
    Outgoing,
    RelayRefused,
    RelayUnavailable,
    TransportError,
)
from digest.delivery.relay_address import RelayAddress as Address
from digest.delivery.relay_address import Tls
from digest.delivery.transports.smtp import Deadlines, SmtpTransport
from tests.relay import DROP, HANG, TAKE_AND_DROP, Relay, relay

MESSAGE = Outgoing(1, "b@news.example.org", "r@example.org", b"Subject: x\r\n\r\nbody\r\n")
SHORT = Deadlines(connect=0.3, command=0.3, data=0.3, write=0.3, dot=0.3)


def transport_to(there: Relay, tls: Tls = Tls.NONE) -> SmtpTransport:
    return SmtpTransport(Address("127.0.0.1", there.port, tls), "localhost", SHORT)


async def deliver(transport: SmtpTransport) -> None:
    connection = await transport.connect()
    await connection.stage(MESSAGE)
    await connection.finish()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ({"banner": "421 4.3.2 too busy"}, RelayUnavailable),
        ({"banner": "454 4.3.2 not now"}, RelayUnavailable),
        ({"banner": "554 5.7.1 go away"}, RelayRefused),
        ({"banner": HANG}, RelayUnavailable),
        ({"banner": DROP}, RelayUnavailable),
        ({"EHLO": DROP}, RelayUnavailable),
        ({"EHLO": HANG}, RelayUnavailable),
        ({"MAIL": "451 4.7.1 later"}, RelayUnavailable),
        ({"MAIL": "550 5.7.1 not from you"}, RelayRefused),
        ({"MAIL": HANG}, RelayUnavailable),
        ({"MAIL": DROP}, RelayUnavailable),
        ({"RCPT": "421 4.7.0 closing"}, RelayUnavailable),
        ({"RCPT": "450 4.2.1 greylisted"}, MessageRefused),
        ({"RCPT": "550 5.1.1 no such user"}, MessageRefused),
        ({"RCPT": DROP}, Interrupted),
        ({"RCPT": HANG}, Interrupted),
        ({"DATA": "554 5.7.1 spam"}, MessageRefused),
        ({"DATA": "452 4.3.1 no space"}, MessageRefused),
        ({"DATA": "421 4.3.2 closing"}, RelayUnavailable),
        ({"DATA": DROP}, Interrupted),
        ({"dot": DROP}, OutcomeUnknown),
        ({"dot": TAKE_AND_DROP}, OutcomeUnknown),
        ({"dot": HANG}, OutcomeUnknown),
        ({"dot": "what is this"}, OutcomeUnknown),
    ],
    ids=lambda value: next(iter(value.items()), "") if isinstance(value, dict) else value.__name__,
)
@pytest.mark.parametrize("offers", [(), ("PIPELINING",)], ids=["plain", "pipelined"])
async def test_the_error_that_a_failure_raises(
    script: dict[str, str], expected: type[TransportError], offers: tuple[str, ...]
) -> None:
    async with Relay(script=script, extensions=offers) as there:
        with pytest.raises(expected):
            await deliver(transport_to(there))


async def test_no_relay_at_all_is_unavailable() -> None:
    with pytest.raises(RelayUnavailable, match="connecting to"):
        await SmtpTransport(Address("127.0.0.1", 1, Tls.NONE), "localhost", SHORT).connect()


async def test_a_refusal_carries_the_reply_and_the_connection_stays_usable() -> None:
    async with relay(RCPT="550 5.1.1 no such user") as there:
        connection = await transport_to(there).connect()
        with pytest.raises(MessageRefused) as refusal:
            await connection.stage(MESSAGE)
        assert refusal.value.reply.code == 550
        assert refusal.value.reply.enhanced == "5.1.1"
        there.script = {}
        await connection.stage(MESSAGE)
        assert (await connection.finish()).code == 250
        await connection.close()
    assert len(there.taken) == 1
    assert there.connections == 1


async def test_a_refused_dot_is_a_reply_not_an_exception() -> None:
    async with relay(dot="554 5.7.1 policy") as there:
        connection = await transport_to(there).connect()
        await connection.stage(MESSAGE)
        assert (await connection.finish()).code == 554
        await connection.close()


async def test_a_connection_lost_before_the_dot_is_certainly_not_sent() -> None:
    async with Relay() as there:
        connection = await transport_to(there).connect()
        await connection.stage(MESSAGE)
        await there.__aexit__(None, None, None)
        await asyncio.sleep(0.05)
        with pytest.raises(Interrupted):
            await connection.finish()


async def test_a_relay_without_starttls_is_refused_and_gets_no_mail() -> None:
    async with Relay() as there:
        with pytest.raises(RelayRefused, match="STARTTLS"):
            await deliver(transport_to(there, Tls.STARTTLS))
    assert there.taken == []


async def test_a_relay_that_does_not_take_the_login_is_refused() -> None:
    async with Relay(script={"AUTH": "535 5.7.8 no"}, extensions=("AUTH PLAIN",)) as there:
        address = Address("127.0.0.1", there.port, Tls.NONE, "me", "secret word")
        with pytest.raises(RelayRefused, match="logging in: 535") as refusal:
            await SmtpTransport(address, "localhost", SHORT).connect()
    assert "secret word" not in str(refusal.value)
    assert "secret word" not in repr(address)


async def test_a_temporary_login_failure_still_needs_a_person() -> None:
    async with Relay(script={"AUTH": "454 4.7.0 later"}, extensions=("AUTH PLAIN",)) as there:
        address = Address("127.0.0.1", there.port, Tls.NONE, "me", "secret word")
        with pytest.raises(RelayRefused):
            await SmtpTransport(address, "localhost", SHORT).connect()


async def test_an_untrusted_certificate_is_refused(tmp_path: Path) -> None:
    server = self_signed(tmp_path)
    listening = await asyncio.start_server(
        lambda reader, writer: writer.close(), "127.0.0.1", 0, ssl=server
    )
    port = listening.sockets[0].getsockname()[1]
    async with listening:
        address = Address("127.0.0.1", port, Tls.IMPLICIT)
        with pytest.raises(RelayRefused, match="CERTIFICATE_VERIFY_FAILED"):
            await SmtpTransport(address, "localhost", SHORT).connect()


async def test_an_address_beyond_ascii_needs_a_relay_that_takes_it() -> None:
    message = Outgoing(1, "b@news.example.org", "jürgen@example.org", MESSAGE.data, True)
    async with Relay() as there:
        connection = await transport_to(there).connect()
        with pytest.raises(MessageRefused, match=r"5\.6\.7"):
            await connection.stage(message)
        await connection.close()
    async with Relay(extensions=("SMTPUTF8",)) as there:
        connection = await transport_to(there).connect()
        await connection.stage(message)
        await connection.finish()
        await connection.close()
        assert there.taken[0].recipient == "jürgen@example.org"


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's TLS context with a certificate of its own making."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today)
        .not_valid_after(today + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
