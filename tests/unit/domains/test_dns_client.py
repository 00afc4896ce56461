"""Look-ups against a real name server on loopback."""

import time

import pytest

from digest.domains.dns_client import DnsClient, DnsUnavailable
from tests.nameserver import nameserver, quoted

ZONE = {
    ("example.org", "TXT"): ['"v=spf1 " "-all"', '"other"'],
    ("example.org", "MX"): ["20 second.example.org.", "10 First.example.org."],
    ("null.example.org", "MX"): ["0 ."],
    ("first.example.org", "A"): ["192.0.2.1"],
    ("first.example.org", "AAAA"): ["2001:db8::1"],
    ("long.example.org", "TXT"): [quoted("x" * 900)],
}


async def test_records_are_read() -> None:
    async with nameserver(ZONE) as server:
        names = DnsClient(["127.0.0.1"], server.port)
        assert sorted(await names.texts("example.org")) == ["other", "v=spf1 -all"]
        assert await names.mail_hosts("example.org") == [
            "First.example.org",
            "second.example.org",
        ]
        assert await names.mail_hosts("null.example.org") == [""]
        assert await names.addresses("first.example.org") == ["192.0.2.1", "2001:db8::1"]


async def test_a_long_record_comes_by_tcp() -> None:
    async with nameserver(ZONE) as server:
        assert await DnsClient(["127.0.0.1"], server.port).texts("long.example.org") == ["x" * 900]


async def test_a_missing_name_has_no_records_and_does_not_exist() -> None:
    async with nameserver(ZONE) as server:
        names = DnsClient(["127.0.0.1"], server.port)
        assert await names.texts("nowhere.example.org") == []
        assert not await names.exists("nowhere.example.org")
        assert await names.exists("example.org")
        assert await names.exists("org"), "a name above an existing one exists"


async def test_a_failing_server_is_not_taken_for_an_empty_answer() -> None:
    async with nameserver(ZONE, failing=frozenset({"example.org"})) as server:
        with pytest.raises(DnsUnavailable, match="SERVFAIL"):
            await DnsClient(["127.0.0.1"], server.port).texts("example.org")


async def test_a_look_up_gives_up_on_a_silent_server() -> None:
    async with nameserver(ZONE, silent=True) as server:
        began = time.monotonic()
        dns = DnsClient(["127.0.0.1"], server.port, lifetime_seconds=0.3)
        with pytest.raises(DnsUnavailable):
            await dns.texts("example.org")
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".org", "ü" * 80])
async def test_an_impossible_name_is_not_looked_up(name: str) -> None:
    with pytest.raises(DnsUnavailable):
        await DnsClient(["127.0.0.1"], 9).texts(name)
