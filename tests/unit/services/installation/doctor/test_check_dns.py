"""What the doctor reports about DNS, and that it claims nothing where it cannot look."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from digest.domains.dns_client import DnsClient
from digest.migrate import upgrade
from digest.rendering.message.dkim import SigningKey
from digest.services.installation.doctor.check_dns import SenderIdentity, check_dns
from digest.services.installation.doctor.check_result import CheckResult
from digest.services.installation.doctor.run_checks import run_checks
from digest.settings import Settings
from digest.store import open_store
from schedules.editions import EditionChange, create_default, update_edition
from tests.conftest import NOW
from tests.nameserver import nameserver, quoted

DOMAIN = "news.example.org"
Zone = dict[tuple[str, str], list[str]]


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey("d1", rsa.generate_private_key(public_exponent=65537, key_size=2048))


@pytest.fixture
def zone(key: SigningKey) -> Zone:
    """A zone in which everything is right."""
    return {
        (key.name(DOMAIN), "TXT"): [quoted(key.record())],
        (DOMAIN, "TXT"): ['"v=spf1 ip4:192.0.2.0/24 -all"'],
        (f"_dmarc.{DOMAIN}", "TXT"): ['"v=DMARC1; p=none; rua=mailto:d@example.org"'],
        (DOMAIN, "MX"): ["10 mx.example.org."],
        ("mx.example.org", "A"): ["192.0.2.7"],
        ("smtp.relay.test", "A"): ["192.0.2.8"],
        ("far.relay.test", "A"): ["203.0.113.8"],
    }


@pytest.fixture
async def names(zone: Zone) -> AsyncIterator[DnsClient]:
    async with nameserver(zone) as server:
        yield DnsClient(["127.0.0.1"], server.port)


async def found(names: DnsClient, sending: SenderIdentity) -> dict[str, CheckResult]:
    return {check.name: check for check in await check_dns(sending, names)}


async def test_a_correct_zone_passes_every_check(names: DnsClient, key: SigningKey) -> None:
    checks = await found(names, SenderIdentity(DOMAIN, DOMAIN, [key], ["smtp.relay.test"]))
    assert {name: check.level for name, check in checks.items()} == dict.fromkeys(
        ("DKIM d1", "SPF", "DMARC", "bounces"), "ok"
    )
    assert "aligned by DKIM and SPF" in checks["DMARC"].message


async def test_an_empty_zone_is_answered_with_the_records_to_publish(
    names: DnsClient, zone: Zone, key: SigningKey
) -> None:
    zone.clear()
    zone[DOMAIN, "A"] = ["192.0.2.1"]
    checks = await found(names, SenderIdentity(DOMAIN, DOMAIN, [key]))
    assert checks["DKIM d1"].level == "error"
    assert f"publish d1._domainkey.{DOMAIN} TXT {key.record()}" in checks["DKIM d1"].message
    assert f"publish {DOMAIN} TXT v=spf1" in checks["SPF"].message
    assert f"publish _dmarc.{DOMAIN} TXT v=DMARC1" in checks["DMARC"].message
    assert checks["bounces"].level == "warning"


@pytest.mark.parametrize(
    ("record", "host", "level", "expected"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", "far.relay.test", "warning", "far.relay.test (203.0"),
        ("v=spf1 include:_spf.relay.test -all", "far.relay.test", "ok", "sends from other"),
        ("v=spf1 ip4:192.0.2.0/24 +all", "smtp.relay.test", "warning", "lets anyone send"),
        ("v=spf1 ip4:192.0.2.0/24", "smtp.relay.test", "warning", "end it with ~all"),
        ("v=spf1 ip4:192.0.2.0/99 -all", "smtp.relay.test", "error", "not an IP address"),
    ],
)
async def test_problems_of_spf_are_reported(
    names: DnsClient, zone: Zone, record: str, host: str, level: str, expected: str
) -> None:
    zone[DOMAIN, "TXT"] = [quoted(record)]
    zone["_spf.relay.test", "TXT"] = ['"v=spf1 ip4:198.51.100.0/24 -all"']
    check = (await found(names, SenderIdentity(DOMAIN, DOMAIN, (), [host])))["SPF"]
    assert check.level == level
    assert expected in check.message


@pytest.mark.parametrize(
    ("return_domain", "mode", "level"),
    [
        ("bounces.news.example.org", "r", "ok"),
        ("bounces.news.example.org", "s", "warning"),
        ("relay.test", "r", "warning"),
    ],
)
async def test_without_a_key_the_return_path_must_align(
    names: DnsClient, zone: Zone, return_domain: str, mode: str, level: str
) -> None:
    zone[f"_dmarc.{DOMAIN}", "TXT"] = [f'"v=DMARC1; p=reject; aspf={mode}"']
    assert (await found(names, SenderIdentity(DOMAIN, return_domain)))["DMARC"].level == level


async def test_two_dmarc_records_and_a_misspelt_policy_are_errors(
    names: DnsClient, zone: Zone
) -> None:
    zone[f"_dmarc.{DOMAIN}", "TXT"] = ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"']
    assert (await found(names, SenderIdentity(DOMAIN, DOMAIN)))["DMARC"].level == "error"
    zone[f"_dmarc.{DOMAIN}", "TXT"] = ['"v=DMARC1; p=nothing"']
    assert (await found(names, SenderIdentity(DOMAIN, DOMAIN)))["DMARC"].level == "error"


@pytest.mark.parametrize(
    ("records", "level"),
    [({"MX": ["0 ."]}, "error"), ({"MX": ["10 gone.example.org."]}, "error"), ({}, "error")],
)
async def test_a_domain_without_a_working_mx_is_an_error(
    names: DnsClient, zone: Zone, records: dict[str, list[str]], level: str
) -> None:
    del zone[DOMAIN, "MX"]
    zone.update({(DOMAIN, kind): rows for kind, rows in records.items()})
    assert (await found(names, SenderIdentity(DOMAIN, DOMAIN)))["bounces"].level == level


async def test_a_failing_name_is_unchecked_and_the_others_are_not(
    zone: Zone, key: SigningKey
) -> None:
    async with nameserver(zone, failing=frozenset({f"_dmarc.{DOMAIN}"})) as server:
        names = DnsClient(["127.0.0.1"], server.port)
        checks = await found(names, SenderIdentity(DOMAIN, DOMAIN, [key]))
    assert {name: check.level for name, check in checks.items()} == {
        "DKIM d1": "ok",
        "SPF": "ok",
        "DMARC": "unchecked",
        "bounces": "ok",
    }


async def test_a_missing_domain_is_distinguished_from_a_network_without_internet(
    names: DnsClient, zone: Zone, key: SigningKey
) -> None:
    sending = SenderIdentity("nowhere.test", "nowhere.test", [key])
    assert (await found(names, sending))["SPF"].level == "warning"
    zone.clear()
    checks = await found(names, sending)
    assert checks["DNS"].level == "unchecked"
    assert "does not resolve internet names" in checks["DNS"].message


@pytest.fixture
def signing(settings: Settings, key: SigningKey, tmp_path: Path) -> Settings:
    """An installation with a DKIM key."""
    pem = key.private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "d1.pem").write_bytes(pem)
    return settings.model_copy(update={"dkim_keys": f"d1:{tmp_path / 'd1.pem'}"})


async def test_offline_the_doctor_ends_soon_and_still_shows_what_to_publish(
    signing: Settings, key: SigningKey
) -> None:
    began = time.monotonic()
    async with nameserver({}, silent=True) as server:
        dns = DnsClient(["127.0.0.1"], server.port, lifetime_seconds=0.3)
        checks = await run_checks(signing, dns)
    assert time.monotonic() - began < 5
    by_name = {check.name: check for check in checks}
    assert by_name["DNS"].message.startswith("not checked: no answer from DNS")
    assert by_name["DKIM d1"].level == "unchecked"
    assert key.record() in by_name["DKIM d1"].message


async def test_the_doctor_checks_the_domains_of_sender_and_return_path(
    signing: Settings, names: DnsClient, zone: Zone
) -> None:
    settings = signing.model_copy(update={"return_path": "Bounces <b@back.example.org>"})
    zone["back.example.org", "MX"] = ["10 mx.example.org."]
    checks = {check.name: check for check in await run_checks(settings, names)}
    assert checks["DKIM d1"].level == "ok"
    assert checks["SPF"].message.startswith("back.example.org has none")
    assert checks["bounces"].message.startswith("back.example.org receives mail")


async def test_the_sender_of_an_edition_is_checked_too(
    signing: Settings, names: DnsClient, key: SigningKey
) -> None:
    await upgrade(signing.store_url)
    store = open_store(signing.store_url)
    async with store.write() as session:
        await create_default(session, NOW)
        change = EditionChange(sender="Monthly <m@other.example.org>")
        await update_edition(session, "weekly", change, NOW)
    await store.close()
    messages = [check.message for check in await run_checks(signing, names)]
    assert any(
        f"publish d1._domainkey.other.example.org TXT {key.record()}" in text for text in messages
    )
    assert any(text.startswith("other.example.org has no policy") for text in messages)
    assert any(text.startswith(f"d1._domainkey.{DOMAIN} is published") for text in messages)


async def test_an_unreadable_return_path_is_named(settings: Settings, names: DnsClient) -> None:
    wrong = settings.model_copy(update={"return_path": "nobody"})
    [check] = [check for check in await run_checks(wrong, names) if check.name == "DKIM"]
    assert (check.level, "DIGEST_RETURN_PATH" in check.message) == ("error", True)
