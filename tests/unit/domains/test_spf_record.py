"""Correct and incorrect SPF records."""

import pytest

from digest.domains.dns_client import DnsClient
from digest.domains.spf_record import read_spf_record
from tests.nameserver import quoted
from tests.unit.domains.conftest import Zone

DOMAIN = "news.example.org"


def put(zone: Zone, record: str, domain: str = DOMAIN) -> None:
    zone.setdefault((domain, "TXT"), []).append(quoted(record))


async def test_a_domain_without_a_record_has_none(names: DnsClient, zone: Zone) -> None:
    put(zone, "v=spf10 is something else")
    assert (await read_spf_record(names, DOMAIN)).record is None


async def test_networks_hosts_and_mail_hosts_are_collected_through_includes(
    names: DnsClient, zone: Zone
) -> None:
    put(zone, "v=spf1 ip4:192.0.2.0/28 a:www.example.org/24//64 mx include:_spf.relay.test -all")
    put(zone, "v=spf1 ip6:2001:db8:1::/48 ?ip4:203.0.113.7 ~all", "_spf.relay.test")
    zone["www.example.org", "A"] = ["198.51.100.9"]
    zone["www.example.org", "AAAA"] = ["2001:db8:2::9"]
    zone[DOMAIN, "MX"] = ["10 mx.example.org."]
    zone["mx.example.org", "A"] = ["192.0.2.77"]
    spf = await read_spf_record(names, DOMAIN)
    assert (spf.problem, spf.all, spf.lookups, spf.delegates) == (None, "-", 3, True)
    for address in (
        "192.0.2.15",
        "198.51.100.200",
        "2001:db8:2::1",
        "192.0.2.77",
        "2001:db8:1:9::1",
    ):
        assert spf.covers(address), address
    for address in ("192.0.2.16", "203.0.113.7", "2001:db8:3::1"):
        assert not spf.covers(address), address


async def test_a_redirect_is_followed_unless_all_comes_first(names: DnsClient, zone: Zone) -> None:
    put(zone, "v=spf1 redirect=other.example.org")
    put(zone, "v=spf1 ip4:192.0.2.1 ~all", "other.example.org")
    put(zone, "v=spf1 -all redirect=nowhere.example.org", "shut.example.org")
    followed = await read_spf_record(names, DOMAIN)
    assert followed.covers("192.0.2.1")
    assert followed.all == "~"
    assert (await read_spf_record(names, "shut.example.org")).problem is None


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ("v=spf1 ipv4:192.0.2.1 -all", "'ipv4:192.0.2.1' in the record"),
        ("v=spf1 ip4:192.0.2.300 -all", "'192.0.2.300' is not an IP address"),
        ("v=spf1 ip4:192.0.2.1/33 -all", "is not an IP address"),
        ("v=spf1 include:missing.example.org -all", "which has no SPF record"),
        (f"v=spf1 include:{DOMAIN} -all", "is circular"),
        ("v=spf1 a:a.example.org a:b.example.org a:c.example.org -all", "have no address"),
    ],
)
async def test_permanent_errors_are_named(
    names: DnsClient, zone: Zone, record: str, problem: str
) -> None:
    put(zone, record)
    found = (await read_spf_record(names, DOMAIN)).problem
    assert found
    assert problem in found


async def test_two_records_are_an_error(names: DnsClient, zone: Zone) -> None:
    put(zone, "v=spf1 -all")
    put(zone, "v=spf1 mx -all")
    assert (await read_spf_record(names, DOMAIN)).problem == (
        f"{DOMAIN} has 2 SPF records; join them to one"
    )


@pytest.mark.parametrize(("includes", "fits"), [(10, True), (11, False)])
async def test_more_than_ten_look_ups_are_an_error(
    names: DnsClient, zone: Zone, includes: int, fits: bool
) -> None:
    chain = [f"s{number}.example.org" for number in range(includes)]
    put(zone, "v=spf1 " + " ".join(f"include:{name}" for name in chain) + " -all")
    for name in chain:
        put(zone, "v=spf1 ip4:192.0.2.1 -all", name)
    spf = await read_spf_record(names, DOMAIN)
    assert (spf.problem is None) is fits


async def test_macros_are_counted_and_not_followed(names: DnsClient, zone: Zone) -> None:
    put(zone, "v=spf1 exists:%{i}._spf.relay.test include:%{d}.relay.test -all")
    spf = await read_spf_record(names, DOMAIN)
    assert (spf.problem, spf.lookups, spf.delegates) == (None, 2, True)
