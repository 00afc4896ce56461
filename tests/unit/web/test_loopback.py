"""Which hosts the desk answers to."""

import pytest

from digest.web.loopback import is_loopback


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8001", "LOCALHOST", "127.0.0.1", "127.0.0.1:8001", "[::1]", "[::1]:1"],
)
def test_loopback_names_pass(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8001",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example:127.0.0.1",
        "127.0.0.1@evil.example",
        "[::1].evil.example",
        "[::2]",
        "10.0.0.1",
        "localhost:80:80",
    ],
)
def test_everything_else_is_refused(host: str) -> None:
    assert not is_loopback(host)
