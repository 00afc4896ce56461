"""The limit on sign-ups from one network."""

import pytest

from digest.web.public.rate_limit import SignupLimit


def test_the_limit_counts_per_address() -> None:
    limit = SignupLimit("2/hour")
    assert [limit.allows("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert limit.allows("192.0.2.2")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8::1", "2001:db8::ffff"),
        ("2001:db8::1", "2001:0db8:0:0:ab:cd:ef:1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        (None, "not an address"),
    ],
)
def test_one_network_counts_as_one(one: str | None, other: str | None) -> None:
    limit = SignupLimit("1/hour")
    assert limit.allows(one)
    assert not limit.allows(other)


def test_two_sites_of_ipv6_are_two() -> None:
    limit = SignupLimit("1/hour")
    assert limit.allows("2001:db8:0:1::1")
    assert limit.allows("2001:db8:0:2::1")


def test_the_sites_of_one_ipv6_network_have_one_limit_together() -> None:
    limit = SignupLimit("1/hour")
    of_a_customer = [limit.allows(f"2001:db8:0:{site:x}::1") for site in range(256)]
    assert sum(of_a_customer) == 2
    of_a_business = [limit.allows(f"2001:db8:0:{net:x}00::1") for net in range(256)]
    assert sum(of_a_customer) + sum(of_a_business) == 4
    assert limit.allows("2001:db8:1::1")
