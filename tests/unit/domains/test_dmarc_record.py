"""Which policy applies, and which domains belong to one organisation."""

import pytest

from digest.domains.dmarc_record import find_dmarc_policy, organisation_of
from digest.domains.dns_client import DnsClient
from tests.nameserver import nameserver
from tests.unit.domains.conftest import Zone


def put(zone: Zone, name: str, record: str) -> None:
    zone.setdefault((f"_dmarc.{name}", "TXT"), []).append(f'"{record}"')


async def test_without_any_record_there_is_no_policy(names: DnsClient, zone: Zone) -> None:
    put(zone, "other.example", "v=DMARC1; p=reject")
    found = await find_dmarc_policy(names, "news.example.org")
    assert (found.at, found.policy, found.organisation) == (None, None, "news.example.org")


async def test_its_own_record_overrides_that_of_the_organisation(
    names: DnsClient, zone: Zone
) -> None:
    put(zone, "example.org", "v=DMARC1; p=reject; sp=quarantine")
    assert (await find_dmarc_policy(names, "news.example.org")).policy == "quarantine"
    put(zone, "news.example.org", "v=DMARC1;p=none;rua=mailto:d@example.org")
    found = await find_dmarc_policy(names, "news.example.org")
    assert (found.at, found.policy) == ("news.example.org", "none")
    assert found.organisation == "example.org"


@pytest.mark.parametrize(
    ("record", "policy"),
    [
        ("v=DMARC1; p=Reject", "reject"),
        ("v=DMARC1; p=rejcet", None),
        ("v=DMARC1; rua=mailto:d@example.org", "none"),
        ("v=DMARC1", None),
    ],
)
async def test_policies_are_read(
    names: DnsClient, zone: Zone, record: str, policy: str | None
) -> None:
    put(zone, "example.org", record)
    assert (await find_dmarc_policy(names, "example.org")).policy == policy


async def test_a_public_suffix_is_not_an_organisation(names: DnsClient, zone: Zone) -> None:
    put(zone, "bank", "v=DMARC1; p=reject; psd=y")
    assert await organisation_of(names, "mail.first.bank") == "first.bank"
    put(zone, "mail.first.bank", "v=DMARC1; p=none; psd=n")
    assert await organisation_of(names, "a.mail.first.bank") == "mail.first.bank"


async def test_a_long_name_takes_at_most_eight_queries(zone: Zone) -> None:
    put(zone, "h.i.example.org", "v=DMARC1; p=none")
    async with nameserver(zone) as server:
        found = await find_dmarc_policy(
            DnsClient(["127.0.0.1"], server.port), "a.b.c.d.e.f.g.h.i.example.org"
        )
        assert found.at == "h.i.example.org"
        assert len(server.asked) == 8
        assert server.asked[1] == "_dmarc.e.f.g.h.i.example.org TXT"
