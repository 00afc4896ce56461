"""The doctor's look at DNS: are we who the receivers will think we are?"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from digest.domains.dkim import published_wrongly
from digest.domains.dmarc import Dmarc, find_dmarc, organisation_of
from digest.domains.names import Names, Unresolved
from digest.domains.spf import VERSION, Spf, read_spf
from digest.rendering.message.dkim import SigningKey
from digest.services.installation.checkup.check import Check, error, ok, unchecked, warning

DEADLINE_SECONDS = 25.0
ROOT = ""  # the name that exists wherever DNS works at all


@dataclass(frozen=True)
class Sending:
    """Who sends: the From domains, the return path's, the keys in the engine, the relays' hosts.

    `other_domains` are those of editions with a sender of their own.
    """

    domain: str
    return_domain: str
    keys: Sequence[SigningKey] = ()
    relay_hosts: Sequence[str] = ()
    other_domains: Sequence[str] = ()

    @property
    def domains(self) -> list[str]:
        """Each From domain once, that of the setting first."""
        return list(dict.fromkeys((self.domain, *self.other_domains)))


async def check_dns(sending: Sending, names: Names) -> list[Check]:
    """SPF, DKIM, DMARC and the way back of bounces, each within a deadline.

    Where DNS cannot be asked nothing is said but that.
    """
    trouble = await _out_of_reach(sending.domain, names)
    if trouble:
        return unasked(sending, trouble)
    looks = [
        *(_dkim(key, domain, names) for domain in sending.domains for key in sending.keys),
        _spf(sending, names),
        *(_dmarc(sending, domain, names) for domain in sending.domains),
        _bounces(sending, names),
    ]
    subjects = [
        *(f"DKIM {key.selector}" for _ in sending.domains for key in sending.keys),
        "SPF",
        *("DMARC" for _ in sending.domains),
        "bounces",
    ]
    return list(await asyncio.gather(*map(_within_time, subjects, looks)))


def unasked(sending: Sending, why: str) -> list[Check]:
    """What is said where DNS is not asked: that, and what to publish."""
    records = (
        unchecked(f"DKIM {key.selector}", to_publish(key, domain))
        for domain in sending.domains
        for key in sending.keys
    )
    return [unchecked("DNS", why), *records]


def to_publish(key: SigningKey, domain: str) -> str:
    """The record of a key, as one line to copy."""
    return f"publish {key.name(domain)} TXT {key.record()}"


async def _out_of_reach(domain: str, names: Names) -> str | None:
    """Why nothing can be looked up; None if it can."""
    try:
        if await names.exists(domain) or await names.exists(ROOT):
            return None
    except Unresolved as trouble:
        return f"no answer from DNS ({trouble})"
    return "the name server here does not know the internet; try on the machine that sends"


async def _within_time(name: str, look: Awaitable[Check]) -> Check:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await look
    except Unresolved as trouble:
        return unchecked(name, f"no answer from DNS ({trouble})")
    except TimeoutError:
        return unchecked(name, f"DNS took longer than {DEADLINE_SECONDS:.0f} s; try again")


async def _dkim(key: SigningKey, domain: str, names: Names) -> Check:
    name = f"DKIM {key.selector}"
    wrong = await published_wrongly(names, key, domain)
    if wrong:
        return error(name, f"{key.name(domain)} {wrong}; {to_publish(key, domain)}")
    return ok(name, f"{key.name(domain)} is published and matches our key")


async def _spf(sending: Sending, names: Names) -> Check:
    domain = sending.return_domain
    spf = await read_spf(names, domain)
    if spf.record is None:
        message = (
            f"{domain} has none; publish {domain} TXT {VERSION} … ~all, with what your relay's"
        )
        return warning("SPF", f"{message} documentation says to include")
    if spf.problem:
        return error("SPF", f"{domain}: {spf.problem}")
    if spf.all == "+":
        return warning("SPF", f"{domain} lets everybody send (+all); end it with ~all or -all")
    if spf.all is None and not spf.delegates:
        return warning("SPF", f"{domain} ends without all; end it with ~all or -all")
    return await _relays_covered(sending, spf, names)


async def _relays_covered(sending: Sending, spf: Spf, names: Names) -> Check:
    """Only a hint: a relay may hand mail on from other addresses than the one we connect to."""
    for host in sending.relay_hosts:
        addresses = await names.addresses(host)
        missing = [address for address in addresses if not spf.covers(address)]
        if missing and not spf.delegates:
            return warning(
                "SPF",
                f"{sending.return_domain} does not name {host} ({missing[0]}); "
                "add it, or what its documentation says to include",
            )
        if missing:
            return ok(
                "SPF",
                f"{sending.return_domain}: {spf.record} ({spf.lookups} look-ups); {host} itself is "
                "not in it, which is right if it sends from other addresses",
            )
    return ok("SPF", f"{sending.return_domain}: {spf.record} ({spf.lookups} look-ups)")


async def _dmarc(sending: Sending, domain: str, names: Names) -> Check:
    dmarc = await find_dmarc(names, domain)
    where = f"_dmarc.{dmarc.at or dmarc.domain}"
    if dmarc.at is None:
        record = f"{where} TXT v=DMARC1; p=none; rua=mailto:postmaster@{dmarc.domain}"
        return warning("DMARC", f"{dmarc.domain} has no policy; publish {record}")
    if dmarc.records > 1:
        return error("DMARC", f"{where} has {dmarc.records} records, so none counts; keep one")
    if dmarc.policy is None:
        return error("DMARC", f"{where} has no p= of none, quarantine or reject; add one")
    aligned = [*(["DKIM"] if sending.keys else []), *await _spf_aligned(sending, dmarc, names)]
    if not aligned:
        return warning(
            "DMARC",
            f"nothing aligns: set DIGEST_DKIM_KEYS, let the relay sign for {domain}, or "
            f"move the return path from {sending.return_domain} into it",
        )
    return ok("DMARC", f"{where}: p={dmarc.policy}, aligned by {' and '.join(aligned)}")


async def _spf_aligned(sending: Sending, dmarc: Dmarc, names: Names) -> list[str]:
    """RFC 9989: the same domain, or in relaxed mode the same organisation."""
    if sending.return_domain == dmarc.domain:
        return ["SPF"]
    if dmarc.tags.get("aspf", "r").lower() == "s":
        return []
    same = await organisation_of(names, sending.return_domain) == dmarc.organisation
    return ["SPF"] if same else []


async def _bounces(sending: Sending, names: Names) -> Check:
    domain = sending.return_domain
    hosts = await names.mail_hosts(domain)
    if "" in hosts:
        return error("bounces", f"{domain} refuses all mail (null MX); give it a mail host")
    if not hosts:
        if await names.addresses(domain):
            return warning(
                "bounces", f"{domain} has no MX; give it one, bounces go to its A record"
            )
        return error(
            "bounces", f"{domain} has no MX, so bounces are lost and some receivers refuse; add one"
        )
    for host in hosts:
        if await names.addresses(host):
            return ok("bounces", f"{domain} takes mail at {host}; does its mailbox accept +tags?")
    return error("bounces", f"{domain}: its mail host {hosts[0]} has no address; correct the MX")
