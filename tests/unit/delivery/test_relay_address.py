"""A relay's URL is parsed strictly, and its secret is never shown."""

import pytest

from digest.delivery.relay_address import Tls, parse_relay_url
from digest.errors import Misconfigured


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://mail.example.org", 587, Tls.STARTTLS),
        ("smtp://mail.example.org:465", 465, Tls.IMPLICIT),
        ("smtp://mail.example.org?tls=implicit", 465, Tls.IMPLICIT),
        ("smtp://mail.example.org:2525?tls=starttls", 2525, Tls.STARTTLS),
        ("smtp://127.0.0.1:2525", 2525, Tls.NONE),
        ("smtp://localhost", 25, Tls.NONE),
        ("smtp://[::1]:2525?tls=none", 2525, Tls.NONE),
    ],
)
def test_port_and_encryption_follow_from_each_other(url: str, port: int, tls: Tls) -> None:
    relay = parse_relay_url(url)
    assert (relay.port, relay.tls) == (port, tls)


def test_user_and_password_are_unquoted() -> None:
    relay = parse_relay_url("smtp://me%40example.org:p%3Aw@mail.example.org")
    assert (relay.username, relay.password) == ("me@example.org", "p:w")


def test_the_password_is_not_in_its_representations() -> None:
    relay = parse_relay_url("smtp://me:hunter2@mail.example.org")
    assert "hunter2" not in repr(relay) + str(relay)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("smtp://mail.example.org?tls=none", "must be encrypted"),
        ("smtp://mail.example.org?tls=maybe", "starttls, implicit or none"),
        ("smtp://me:hunter2@mail.example.org?ssl=1", "unknown option 'ssl'"),
        ("smtps://me:hunter2@mail.example.org", "must look like"),
        ("smtp://", "must look like"),
        ("smtp://me:hunter2@mail.example.org:port", "not a URL"),
    ],
)
def test_what_is_wrong_is_reported_without_the_secret(url: str, why: str) -> None:
    with pytest.raises(Misconfigured, match=why) as error:
        parse_relay_url(url)
    assert "hunter2" not in str(error.value)
