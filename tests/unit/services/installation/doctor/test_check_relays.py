"""What the doctor says of a relay that does not answer as it should."""

import pytest
from pydantic import SecretStr

from digest.services.installation.doctor.check_relays import check_relays
from digest.settings import Settings
from tests.raw_server import raw_server


async def told(url: str, answers: dict[bytes, str | bytes]) -> str:
    async with raw_server(answers) as port:
        settings = Settings(smtp_url=SecretStr(url.format(port=port)))
        [found] = await check_relays(settings)
    assert "hunter2" not in found.message
    return f"{found.level}: {found.message}"


@pytest.mark.parametrize(
    ("url", "answers", "sentence"),
    [
        ("smtp://127.0.0.1:{port}", {}, "ok: 127.0.0.1:"),
        (
            "smtp://127.0.0.1:{port}",
            {b"": b"220 hi\n", b"EHLO": b"250 hi\n", b"RSET": b"250 ok\n"},
            "error: RSET: not an SMTP reply: a line that ends with a bare LF",
        ),
        (
            "smtp://127.0.0.1:{port}?tls=implicit",
            {},
            "does not begin with TLS; try ?tls=starttls on port 587",
        ),
        (
            "smtp://127.0.0.1:{port}",
            {b"": b"HTTP/1.1 400 Bad Request\r\n"},
            "error: connecting to 127.0.0.1:",
        ),
        (
            "smtp://me:hunter2@127.0.0.1:{port}",
            {b"EHLO": "250-hi\r\n250 AUTH XOAUTH2"},
            "the relay offers XOAUTH2 only, and we know PLAIN, LOGIN and CRAM-MD5",
        ),
        (
            "smtp://me:hunter2@127.0.0.1:{port}",
            {b"EHLO": "250-hi\r\n250 AUTH PLAIN", b"AUTH": "535 5.7.8 no"},
            "Connected, but the password was refused (535)",
        ),
        ("smtps://me:hunter2@127.0.0.1:{port}", {}, "write smtp://user:password@127.0.0.1:"),
        ("smtp://me:hunter2#@127.0.0.1:{port}", {}, "write # as %23"),
    ],
)
async def test_the_stage_and_the_fix_are_named(
    url: str, answers: dict[bytes, str | bytes], sentence: str
) -> None:
    assert sentence in await told(url, answers)
