"""The published key is compared with the one that signs, and every difference is named."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from digest.domains.dkim_record import find_dkim_problem
from digest.domains.dns_client import DnsClient
from digest.rendering.message.dkim import SigningKey
from tests.nameserver import quoted
from tests.unit.domains.conftest import Zone

DOMAIN = "news.example.org"


@pytest.fixture(scope="module", params=["rsa", "ed25519"])
def key(request: pytest.FixtureRequest) -> SigningKey:
    if request.param == "rsa":
        return SigningKey("d1", rsa.generate_private_key(public_exponent=65537, key_size=2048))
    return SigningKey("d1", ed25519.Ed25519PrivateKey.generate())


async def test_the_record_that_the_doctor_prints_is_accepted(
    names: DnsClient, zone: Zone, key: SigningKey
) -> None:
    assert await find_dkim_problem(names, key, DOMAIN) == "is not published"
    zone[key.name(DOMAIN), "TXT"] = [quoted(key.record())]
    assert await find_dkim_problem(names, key, DOMAIN) is None


async def test_equivalent_records_are_accepted(
    names: DnsClient, zone: Zone, key: SigningKey
) -> None:
    record = key.record().replace("v=DKIM1; ", "").replace("p=", "h=sha256 ; s=email; t=s; p= ")
    zone[key.name(DOMAIN), "TXT"] = [quoted(record.replace("=;", "= ;") + " ;")]
    assert await find_dkim_problem(names, key, DOMAIN) is None


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("p=", "p=AAAA", "another key"),
        ("v=DKIM1", "v=DKIM2", "not a DKIM record"),
        ("v=DKIM1", "v=DKIM1; h=sha1", "sha256"),
        ("v=DKIM1", "v=DKIM1; s=tlsrpt", "not for email"),
        ("v=DKIM1", "v=DKIM1; t=s:y", "t=y"),
    ],
)
async def test_a_wrong_record_is_explained(
    names: DnsClient, zone: Zone, key: SigningKey, before: str, after: str, reason: str
) -> None:
    zone[key.name(DOMAIN), "TXT"] = [quoted(key.record().replace(before, after))]
    found = await find_dkim_problem(names, key, DOMAIN)
    assert found
    assert reason in found


async def test_a_revoked_key_and_a_second_record_are_explained(
    names: DnsClient, zone: Zone, key: SigningKey
) -> None:
    zone[key.name(DOMAIN), "TXT"] = ['"v=DKIM1; p="']
    assert "revoked" in (await find_dkim_problem(names, key, DOMAIN) or "")
    zone[key.name(DOMAIN), "TXT"] = ['"v=DKIM1; p="', quoted(key.record())]
    assert "has 2 records" in (await find_dkim_problem(names, key, DOMAIN) or "")
