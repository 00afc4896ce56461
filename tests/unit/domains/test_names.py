"""Look-ups against a name server that is really there."""

import time

import pytest

from digest.domains import names as names_module
from digest.domains.names import Names, Unresolved
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
        names = Names(["127.0.0.1"], server.port)
        assert sorted(await names.texts("example.org")) == ["other", "v=spf1 -all"]
        assert await names.mail_hosts("example.org") == [
            "First.example.org",
            "second.example.org",
        ]
        assert await names.mail_hosts("null.example.org") == [""]
        assert await names.addresses("first.example.org") == ["192.0.2.1", "2001:db8::1"]


async def test_a_long_record_comes_by_tcp() -> None:
    async with nameserver(ZONE) as server:
        assert await Names(["127.0.0.1"], server.port).texts("long.example.org") == ["x" * 900]


async def test_what_is_not_there_is_empty_and_known_to_be_missing() -> None:
    async with nameserver(ZONE) as server:
        names = Names(["127.0.0.1"], server.port)
        assert await names.texts("nowhere.example.org") == []
        assert not await names.exists("nowhere.example.org")
        assert await names.exists("example.org")
        assert await names.exists("org"), "it has something below it"


async def test_a_failing_server_is_no_empty_answer() -> None:
    async with nameserver(ZONE, failing=frozenset({"example.org"})) as server:
        with pytest.raises(Unresolved, match="SERVFAIL"):
            await Names(["127.0.0.1"], server.port).texts("example.org")


async def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names_module, "LIFETIME_SECONDS", 0.3)
    async with nameserver(ZONE, silent=True) as server:
        began = time.monotonic()
        with pytest.raises(Unresolved):
            await Names(["127.0.0.1"], server.port).texts("example.org")
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".org", "ü" * 80])
async def test_what_can_be_no_name_is_not_looked_up(name: str) -> None:
    with pytest.raises(Unresolved):
        await Names(["127.0.0.1"], 9).texts(name)
