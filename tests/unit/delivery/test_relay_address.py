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
        ("smtp://", "must look like"),
        ("smtp://me@mail.example.org", "the password is missing"),
        ("smtp://me:@mail.example.org", "the password is missing"),
        ("smtp://:hunter2@mail.example.org", "the user is missing"),
        ("smtp://me:hunter2@mail.example.org:port", "not a URL"),
        ("me:hunter2@mail.example.org:587", "must look like"),
        ("mail.example.org:587", "must look like"),
        ("https://me:hunter2@mail.example.org", "must look like"),
        ("smtp://me:hunter2@mail.example.org/inbox", "nothing but"),
        ("smtp://me:hunter2@mail.example.org#x", "nothing but"),
        ("smtp://me:hunter2%00@mail.example.org", "control characters"),
    ],
)
def test_what_is_wrong_is_reported_without_the_secret(url: str, why: str) -> None:
    with pytest.raises(Misconfigured, match=why) as error:
        parse_relay_url(url)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "instead"),
    [
        ("smtps://me:hunter2@mail.example.org", "mail.example.org:465?tls=implicit"),
        ("smtps://me:hunter2@mail.example.org:465", "mail.example.org:465?tls=implicit"),
        ("smtps://me:hunter2@mail.example.org:2465", "mail.example.org:2465?tls=implicit"),
        ("smtps://me:hunter2@mail.example.org:587", "mail.example.org:587?tls=starttls"),
        ("SMTPS://me:hunter2@[2001:db8::1]", "[2001:db8::1]:465?tls=implicit"),
        ("smtp+ssl://me:hunter2@mail.example.org", "mail.example.org:465?tls=implicit"),
        ("smtp+starttls://me:hunter2@mail.example.org", "mail.example.org:587?tls=starttls"),
    ],
)
def test_another_scheme_gets_the_url_to_write_instead(url: str, instead: str) -> None:
    with pytest.raises(Misconfigured) as error:
        parse_relay_url(url)
    assert f"write smtp://user:password@{instead}" in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("password", "fix"),
    [
        ("hunter#2", "# as %23"),
        ("hunter/2", "/ as %2F"),
        ("hunter?2", "? as %3F"),
        ("hunter[2", "[ as %5B"),
        ("hunter]2", "] as %5D"),
        ("hunter\\2", "\\ as %5C"),
        ("h#u/nter2", "# as %23 and / as %2F"),
        ("hunter%ff2", "% as %25"),
        ("#/@:hunter", "# as %23 and / as %2F"),
    ],
)
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_what_ends_a_password_early_gets_the_exact_fix(
    scheme: str, password: str, fix: str
) -> None:
    with pytest.raises(Misconfigured) as error:
        parse_relay_url(f"{scheme}://me:{password}@mail.example.org:587?tls=starttls")
    assert f"must be percent-encoded: write {fix}" in str(error.value)
    assert "hunter" not in str(error.value)
    assert "nter2" not in str(error.value)


@pytest.mark.parametrize("password", ["p@ss", "p:ss", "p%ss", "100%", "p ss", "pä€ss", "p&=+ss"])
def test_a_password_that_cannot_be_misread_is_taken_as_it_is(password: str) -> None:
    relay = parse_relay_url(f"smtp://me@example.org:{password}@mail.example.org:587")
    assert (relay.username, relay.password) == ("me@example.org", password)
    assert relay.host == "mail.example.org"
