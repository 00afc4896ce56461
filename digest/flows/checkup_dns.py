"""The doctor's look at DNS: are we who the receivers will think we are?"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from digest.domains.dkim import published_wrongly
from digest.domains.dmarc import Dmarc, find_dmarc, organisation_of
from digest.domains.names import Names, Unresolved
from digest.domains.spf import VERSION, Spf, read_spf
from digest.flows.checks import Check, error, ok, unchecked, warning
from digest.rendering.dkim import SigningKey

DEADLINE_SECONDS = 25.0
ROOT = ""  # the name that exists wherever DNS works at all


@dataclass(frozen=True)
class Sending:
    """Who sends: the From domain, the return path's, the keys in the engine, the relays' hosts."""

    domain: str
    return_domain: str
    keys: Sequence[SigningKey] = ()
    relay_hosts: Sequence[str] = ()


async def check_dns(sending: Sending, names: Names) -> list[Check]:
    """SPF, DKIM, DMARC and the way back of bounces, each within a deadline.

    Where DNS cannot be asked nothing is said but that.
    """
    trouble = await _out_of_reach(sending.domain, names)
    if trouble:
        return unasked(sending, trouble)
    looks: list[tuple[str, Callable[[], Awaitable[Check]]]] = [
        *((f"DKIM {key.selector}", _dkim_look(sending, key, names)) for key in sending.keys),
        ("SPF", lambda: _spf(sending, names)),
        ("DMARC", lambda: _dmarc(sending, names)),
        ("bounces", lambda: _bounces(sending, names)),
    ]
    return list(await asyncio.gather(*(_within_time(name, look) for name, look in looks)))


def unasked(sending: Sending, why: str) -> list[Check]:
    """What is said where DNS is not asked: that, and what to publish."""
    records = (
        unchecked(f"DKIM {key.selector}", to_publish(key, sending.domain)) for key in sending.keys
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


async def _within_time(name: str, look: Callable[[], Awaitable[Check]]) -> Check:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await look()
    except Unresolved as trouble:
        return unchecked(name, f"no answer from DNS ({trouble})")
    except TimeoutError:
        return unchecked(name, f"DNS took longer than {DEADLINE_SECONDS:.0f} s; try again")


def _dkim_look(sending: Sending, key: SigningKey, names: Names) -> Callable[[], Awaitable[Check]]:
    async def look() -> Check:
        domain, name = sending.domain, f"DKIM {key.selector}"
        wrong = await published_wrongly(names, key, domain)
        if wrong:
            return error(name, f"{key.name(domain)} {wrong}; {to_publish(key, domain)}")
        return ok(name, f"{key.name(domain)} is published and matches our key")

    return look


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


async def _dmarc(sending: Sending, names: Names) -> Check:
    dmarc = await find_dmarc(names, sending.domain)
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
            f"nothing aligns: set DIGEST_DKIM_KEYS, let the relay sign for {sending.domain}, or "
            f"move the return path from {sending.return_domain} into it",
        )
    return ok("DMARC", f"{where}: p={dmarc.policy}, aligned by {' and '.join(aligned)}")


async def _spf_aligned(sending: Sending, dmarc: Dmarc, names: Names) -> list[str]:
    """RFC 9989: the same domain, or in relaxed mode the same organisation."""
    if sending.return_domain == sending.domain:
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
