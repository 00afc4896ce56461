"""Logging in to relays with all their habits."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from digest.delivery.ports import RelayRefused, RelayUnavailable, Reply
from digest.delivery.relay_address import RelayAddress, Tls
from digest.delivery.transports.login import log_in
from digest.delivery.transports.smtp import Deadlines, SmtpTransport
from tests.raw_server import raw_server

USER, PASSWORD = "me@example.org", "pä:ss#wörd"
WELCOME, WRONG = "235 2.7.0 welcome", "535 5.7.8 wrong"


def coded(text: str) -> bytes:
    return base64.b64encode(text.encode())


PLAIN = coded(f"\0{USER}\0{PASSWORD}")
ASK_USER, ASK_PASSWORD = "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"


@dataclass
class Dialogue:
    """Answers each line with the next reply, and keeps the lines."""

    replies: Iterator[str]
    lines: list[bytes] = field(default_factory=list)

    async def ask(self, line: bytes) -> Reply:
        self.lines.append(line)
        code, _, text = next(self.replies).partition(" ")
        return Reply(int(code), text)


async def log_in_by(offered: str, *replies: str) -> list[bytes]:
    dialogue = Dialogue(iter(replies))
    await log_in(dialogue.ask, offered.split(), USER, PASSWORD)
    return dialogue.lines


async def test_plain_goes_out_in_one_line() -> None:
    assert await log_in_by("login plain", WELCOME) == [b"AUTH PLAIN " + PLAIN]


async def test_a_relay_that_ignores_the_initial_response_of_plain_gets_it_again() -> None:
    lines = await log_in_by("plain", "334 ", WELCOME)
    assert lines == [b"AUTH PLAIN " + PLAIN, PLAIN]


async def test_login_answers_the_name_to_the_first_challenge_and_the_password_to_the_second() -> (
    None
):
    lines = await log_in_by("login", ASK_USER, ASK_PASSWORD, WELCOME)
    assert lines == [b"AUTH LOGIN", coded(USER), coded(PASSWORD)]


async def test_the_next_method_is_tried_when_one_is_offered_in_vain() -> None:
    lines = await log_in_by("plain login", "504 5.7.4 not here", ASK_USER, ASK_PASSWORD, WELCOME)
    assert lines[-1] == coded(PASSWORD)


async def test_cram_md5_proves_the_password_without_sending_it() -> None:
    """The example of RFC 2195."""
    challenge = base64.b64encode(b"<1896.697170952@postoffice.reston.mci.net>").decode()
    dialogue = Dialogue(iter([f"334 {challenge}", WELCOME]))
    await log_in(dialogue.ask, ["cram-md5"], "tim", "tanstaaftanstaaf")
    assert base64.b64decode(dialogue.lines[1]) == b"tim b913a602c7eda7a495b4e6e7334d3890"


async def test_a_challenge_that_is_none_is_cancelled() -> None:
    with pytest.raises(RelayRefused, match="501"):
        await log_in_by("cram-md5", "334 not base64!", "501 5.5.2 cancelled")


async def test_a_refusal_is_that_of_the_first_method() -> None:
    with pytest.raises(RelayRefused, match=r"logging in: 535 5\.7\.8 wrong"):
        await log_in_by("plain login", WRONG, "504 5.7.4 not here")


@pytest.mark.parametrize("replies", [(WRONG,), (ASK_USER, WRONG), (ASK_USER, ASK_PASSWORD, WRONG)])
async def test_login_may_be_refused_at_each_step(replies: tuple[str, ...]) -> None:
    with pytest.raises(RelayRefused, match="535"):
        await log_in_by("login", *replies)


async def test_a_relay_that_closes_is_unavailable() -> None:
    with pytest.raises(RelayUnavailable, match="421"):
        await log_in_by("plain", "421 4.3.2 closing")


@pytest.mark.parametrize(
    ("offered", "sentence"),
    [
        ("xoauth2", "the relay offers XOAUTH2 only, and we know PLAIN, LOGIN and CRAM-MD5"),
        ("xoauth2 oauthbearer xoauth2", "offers XOAUTH2 and OAUTHBEARER only"),
        ("", "the relay offers no login on this port; try port 587 or 465"),
    ],
)
async def test_where_no_method_fits_those_on_offer_are_named(offered: str, sentence: str) -> None:
    with pytest.raises(RelayRefused) as caught:
        await log_in_by(offered)
    assert sentence in str(caught.value)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("extension", ["AUTH=LOGIN", "AUTH LOGIN XOAUTH2", "auth login"])
async def test_a_server_that_ignores_the_name_beside_auth_login_lets_us_in(extension: str) -> None:
    answers = {
        b"EHLO": f"250-relay.test\r\n250 {extension}",
        b"AUTH LOGIN": ASK_USER,  # whatever follows
        coded(USER): ASK_PASSWORD,
        coded(PASSWORD): WELCOME,
    }
    async with raw_server(answers) as port:
        address = RelayAddress("127.0.0.1", port, Tls.NONE, USER, PASSWORD)
        await (await SmtpTransport(address, "localhost", Deadlines(command=30)).connect()).close()
