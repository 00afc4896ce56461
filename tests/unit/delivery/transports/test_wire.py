"""Replies that would never be whole end the session at once, and say why."""

import asyncio

import pytest

from digest.delivery.ports import Interrupted, OutcomeUnknown, Outgoing, RelayRefused
from digest.delivery.ports import RelayUnavailable as Unavailable
from digest.delivery.relay_address import RelayAddress, Tls
from digest.delivery.transports import wire
from digest.delivery.transports.smtp import SmtpTransport
from tests.raw_server import raw_server

MESSAGE = Outgoing(1, "b@news.example.org", "r@example.org", b"Subject: x\r\n\r\nbody\r\n")
BARE_LF = "not an SMTP reply: a line that ends with a bare LF, not CR LF"
BARE_CR = "not an SMTP reply: a line that ends with a bare CR, not CR LF"
A_TEST_WOULD_NOTICE = 60  # far below the deadlines of minutes, far above what a busy machine needs


async def deliver(answers: dict[bytes, str | bytes]) -> None:
    async with raw_server(answers) as port, asyncio.timeout(A_TEST_WOULD_NOTICE):
        transport = SmtpTransport(RelayAddress("127.0.0.1", port, Tls.NONE), "localhost")
        connection = await transport.connect()
        await connection.stage(MESSAGE)
        await connection.finish()


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (b"250 ok\n", BARE_LF),
        (b"250-more\n250 ok\r\n", BARE_LF),
        (b"250-more\r\n250 ok\n", BARE_LF),
        (b"250 ok\r250 ok\r\n", BARE_CR),
        (b"hello\r\n", "not an SMTP reply: hello"),
        (b"hello", "not an SMTP reply: hello"),
        (b"250-more\r\nhello\r\n", "not an SMTP reply: hello"),
        (b"\r\n", "not an SMTP reply: an empty line"),
        (b"\x00\xff\xfe", "not an SMTP reply: "),
        (b"999 ok\r\n", "not an SMTP reply: 999 ok"),
        (b"250-" + b"x" * 70_000, "a reply without end"),
        (b"250-x\r\n" * 20_000, "a reply without end"),
    ],
)
@pytest.mark.parametrize(
    ("stage", "error"),
    [
        (b"MAIL", Unavailable),
        (b"RCPT", Interrupted),
        (b"DATA", Interrupted),
        (b".", OutcomeUnknown),
    ],
)
async def test_what_is_no_reply_ends_the_session_at_once(
    stage: bytes, error: type[Exception], reply: bytes, why: str
) -> None:
    with pytest.raises(error) as caught:
        await deliver({stage: reply})
    assert why in str(caught.value)


async def test_a_bare_cr_is_given_time_for_its_lf_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "LF_SECONDS", 0.05)
    with pytest.raises(Unavailable) as caught:
        await deliver({b"MAIL": b"250 ok\r"})
    assert BARE_CR in str(caught.value)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({b"": b"SSH-2.0-OpenSSH_9.6\r\n"}, "not an SMTP reply: Malformed SMTP response line: SSH"),
        ({b"": b"HTTP/1.1 400 Bad Request\r\n\r\n"}, "not an SMTP reply"),
        ({b"": b"x" * 100_000}, "not an SMTP reply: Response too long"),
        ({b"EHLO": b"250-x\r\n" * 20_000}, "not an SMTP reply: Response too long"),
    ],
)
async def test_garbage_before_the_login_is_refused_at_once(
    answers: dict[bytes, str | bytes], why: str
) -> None:
    with pytest.raises(RelayRefused) as caught:
        await deliver(answers)
    assert why in str(caught.value)


async def test_a_relay_with_bare_lf_throughout_is_named_by_a_probe() -> None:
    """As `digest doctor` does: the library that greets takes a bare LF, and we do not."""
    answers: dict[bytes, str | bytes] = {
        b"": b"220 relay.test\n",
        b"EHLO": b"250 relay.test\n",
        b"RSET": b"250 ok\n",
    }
    async with raw_server(answers) as port, asyncio.timeout(A_TEST_WOULD_NOTICE):
        transport = SmtpTransport(RelayAddress("127.0.0.1", port, Tls.NONE), "localhost")
        connection = await transport.connect()
        with pytest.raises(Unavailable, match="a bare LF"):
            await connection.probe()
