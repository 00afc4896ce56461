"""What DNS publishes about the sender: DKIM, SPF, DMARC, and where bounces arrive."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from digest.domains.dkim_record import find_dkim_problem
from digest.domains.dmarc_record import DmarcPolicy, find_dmarc_policy, organisation_of
from digest.domains.dns_client import DnsClient, DnsUnavailable
from digest.domains.spf_record import VERSION, SpfRecord, read_spf_record
from digest.rendering.message.dkim import SigningKey
from digest.services.installation.doctor.check_result import (
    CheckResult,
    error,
    ok,
    unchecked,
    warning,
)

DEADLINE_SECONDS = 25.0
ROOT = ""  # exists in every DNS that is connected to the internet


@dataclass(frozen=True)
class SenderIdentity:
    """Who sends: the domains of From and return path, the DKIM keys, the hosts of the relays.

    `other_domains` are the From domains of editions with a sender of their own.
    """

    domain: str
    return_domain: str
    keys: Sequence[SigningKey] = ()
    relay_hosts: Sequence[str] = ()
    other_domains: Sequence[str] = ()

    @property
    def domains(self) -> list[str]:
        """Each From domain once, the default sender's first."""
        return list(dict.fromkeys((self.domain, *self.other_domains)))


async def check_dns(sender: SenderIdentity, dns: DnsClient) -> list[CheckResult]:
    """DKIM, SPF, DMARC and the way back of bounces, each within a deadline.

    Where DNS cannot be reached, the only results are `unchecked`.
    """
    failure = await _why_unreachable(sender.domain, dns)
    if failure:
        return unchecked_dns(sender, failure)
    checks = [
        *(_dkim(key, domain, dns) for domain in sender.domains for key in sender.keys),
        _spf(sender, dns),
        *(_dmarc(sender, domain, dns) for domain in sender.domains),
        _bounces(sender, dns),
    ]
    subjects = [
        *(f"DKIM {key.selector}" for _ in sender.domains for key in sender.keys),
        "SPF",
        *("DMARC" for _ in sender.domains),
        "bounces",
    ]
    return list(await asyncio.gather(*map(_within_deadline, subjects, checks)))


def unchecked_dns(sender: SenderIdentity, why: str) -> list[CheckResult]:
    """The results where DNS is not asked: the reason, and the records to publish."""
    records = (
        unchecked(f"DKIM {key.selector}", record_to_publish(key, domain))
        for domain in sender.domains
        for key in sender.keys
    )
    return [unchecked("DNS", why), *records]


def record_to_publish(key: SigningKey, domain: str) -> str:
    """The DNS record of a key, as one line to copy."""
    return f"publish {key.name(domain)} TXT {key.record()}"


async def _why_unreachable(domain: str, dns: DnsClient) -> str | None:
    """Why nothing can be looked up; None if DNS answers."""
    try:
        # A domain that is not registered is a finding; a network without DNS is not.
        if await dns.exists(domain) or await dns.exists(ROOT):
            return None
    except DnsUnavailable as failure:
        return f"no answer from DNS ({failure})"
    return "the name server here does not resolve internet names; try on the machine that sends"


async def _within_deadline(name: str, check: Awaitable[CheckResult]) -> CheckResult:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await check
    except DnsUnavailable as failure:
        return unchecked(name, f"no answer from DNS ({failure})")
    except TimeoutError:
        return unchecked(name, f"DNS took longer than {DEADLINE_SECONDS:.0f} s; try again")


async def _dkim(key: SigningKey, domain: str, dns: DnsClient) -> CheckResult:
    name = f"DKIM {key.selector}"
    problem = await find_dkim_problem(dns, key, domain)
    if problem:
        return error(name, f"{key.name(domain)} {problem}; {record_to_publish(key, domain)}")
    return ok(name, f"{key.name(domain)} is published and matches the key")


async def _spf(sender: SenderIdentity, dns: DnsClient) -> CheckResult:
    domain = sender.return_domain
    spf = await read_spf_record(dns, domain)
    if spf.record is None:
        message = f"{domain} has none; publish {domain} TXT {VERSION} … ~all, with the mechanisms "
        return warning("SPF", f"{message}that your relay's documentation names")
    if spf.problem:
        return error("SPF", f"{domain}: {spf.problem}")
    if spf.all == "+":
        return warning("SPF", f"{domain} lets anyone send (+all); end it with ~all or -all")
    if spf.all is None and not spf.delegates:
        return warning("SPF", f"{domain} has no all mechanism; end it with ~all or -all")
    return await _check_relay_hosts(sender, spf, dns)


async def _check_relay_hosts(sender: SenderIdentity, spf: SpfRecord, dns: DnsClient) -> CheckResult:
    """Whether SPF names the relays' hosts.

    Only a hint: a relay may send from other addresses than the one that takes mail.
    """
    for host in sender.relay_hosts:
        addresses = await dns.addresses(host)
        missing = [address for address in addresses if not spf.covers(address)]
        if missing and not spf.delegates:
            return warning(
                "SPF",
                f"{sender.return_domain} does not name {host} ({missing[0]}); "
                "add it, or the include that its documentation names",
            )
        if missing:
            return ok(
                "SPF",
                f"{sender.return_domain}: {spf.record} ({spf.lookups} look-ups); {host} itself is "
                "not listed, which is right if it sends from other addresses",
            )
    return ok("SPF", f"{sender.return_domain}: {spf.record} ({spf.lookups} look-ups)")


async def _dmarc(sender: SenderIdentity, domain: str, dns: DnsClient) -> CheckResult:
    dmarc = await find_dmarc_policy(dns, domain)
    where = f"_dmarc.{dmarc.at or dmarc.domain}"
    if dmarc.at is None:
        record = f"{where} TXT v=DMARC1; p=none; rua=mailto:postmaster@{dmarc.domain}"
        return warning("DMARC", f"{dmarc.domain} has no policy; publish {record}")
    if dmarc.records > 1:
        return error(
            "DMARC", f"{where} has {dmarc.records} records, so receivers ignore them; keep one"
        )
    if dmarc.policy is None:
        return error("DMARC", f"{where} has no p= of none, quarantine or reject; add one")
    aligned = [*(["DKIM"] if sender.keys else []), *await _spf_aligned(sender, dmarc, dns)]
    if not aligned:
        return warning(
            "DMARC",
            f"nothing aligns: set DIGEST_DKIM_KEYS, let the relay sign for {domain}, or "
            f"move the return path from {sender.return_domain} into it",
        )
    return ok("DMARC", f"{where}: p={dmarc.policy}, aligned by {' and '.join(aligned)}")


async def _spf_aligned(sender: SenderIdentity, dmarc: DmarcPolicy, dns: DnsClient) -> list[str]:
    """["SPF"] if the return path aligns with From, else [] (RFC 9989 section 4.4).

    Aligned is the same domain or, in relaxed mode, one of the same organisation.
    """
    if sender.return_domain == dmarc.domain:
        return ["SPF"]
    if dmarc.tags.get("aspf", "r").lower() == "s":
        return []
    same = await organisation_of(dns, sender.return_domain) == dmarc.organisation
    return ["SPF"] if same else []


async def _bounces(sender: SenderIdentity, dns: DnsClient) -> CheckResult:
    domain = sender.return_domain
    hosts = await dns.mail_hosts(domain)
    if "" in hosts:
        return error("bounces", f"{domain} refuses all mail (null MX); give it a mail host")
    if not hosts:
        # RFC 5321 section 5.1: without an MX, mail goes to the domain's own address.
        if await dns.addresses(domain):
            return warning(
                "bounces", f"{domain} has no MX, so bounces go to its A record; add an MX"
            )
        return error(
            "bounces",
            f"{domain} has no MX: bounces are lost, and some receivers refuse its mail; add one",
        )
    for host in hosts:
        if await dns.addresses(host):
            return ok(
                "bounces", f"{domain} receives mail at {host}; does the mailbox accept +tags?"
            )
    return error("bounces", f"the mail host {hosts[0]} of {domain} has no address; correct the MX")
