"""The networks of an address."""

import pytest

from subscribers.networks import networks_of


@pytest.mark.parametrize(
    ("ip", "networks"),
    [
        ("192.0.2.1", ("192.0.2.1",)),
        ("::ffff:192.0.2.1", ("192.0.2.1",)),
        (
            "2001:db8:1:2345::1",
            ("2001:db8:1:2345::/64", "2001:db8:1:2300::/56", "2001:db8:1::/48"),
        ),
        (None, ()),
        ("testclient", ()),
    ],
)
def test_the_smallest_comes_first(ip: str | None, networks: tuple[str, ...]) -> None:
    assert networks_of(ip) == networks
