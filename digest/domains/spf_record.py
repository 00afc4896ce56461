"""An SPF record and the records that it includes (RFC 7208).

This does not evaluate one message. It finds errors that make every evaluation fail, and
collects the networks that may send.
"""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from digest.domains.dns_client import DnsClient

MOST_LOOKUPS, MOST_VOIDS, MOST_MX = 10, 2, 10  # RFC 7208 section 4.6.4
VERSION = "v=spf1"
MECHANISMS = frozenset({"all", "ip4", "ip6", "include", "a", "mx", "ptr", "exists"})
MECHANISM = re.compile(
    r"(?P<qualifier>[-+~?]?)(?P<name>[a-z0-9]+)(:(?P<value>.*?))?(/(?P<four>\d+))?(//(?P<six>\d+))?",
    re.IGNORECASE,
)
MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE)

Network = IPv4Network | IPv6Network


@dataclass
class SpfRecord:
    """The result of reading a domain's record. `all` is the qualifier of its `all` mechanism.

    `problem` is the first permanent error: receivers then ignore the record. `delegates` is
    True where other records or macros decide who may send, so `networks` is not complete.
    """

    record: str | None = None
    all: str | None = None
    lookups: int = 0
    voids: int = 0
    delegates: bool = False
    problem: str | None = None
    networks: list[Network] = field(default_factory=list)

    def covers(self, address: str) -> bool:
        """Whether mail from this IP address passes, as far as can be known without a message."""
        return any(ip_address(address) in network for network in self.networks)


async def read_spf_record(dns: DnsClient, domain: str) -> SpfRecord:
    """The record of `domain`; without one, `record` is None. Raises `DnsUnavailable`."""
    spf = SpfRecord()
    records = await _records_of(dns, domain)
    if len(records) > 1:
        spf.problem = f"{domain} has {len(records)} SPF records; join them to one"
    if records:
        spf.record = records[0]
        await _Reader(dns, spf).read(domain, records[0], {domain}, outermost=True)
    return spf


async def _records_of(dns: DnsClient, domain: str) -> list[str]:
    texts = await dns.texts(domain)
    return [text for text in texts if text.lower().split(" ")[0] == VERSION]


class _Reader:
    """Reads one record and those it includes into an `SpfRecord`."""

    def __init__(self, dns: DnsClient, spf: SpfRecord) -> None:
        self._dns, self._spf = dns, spf

    async def read(self, domain: str, record: str, inside: set[str], *, outermost: bool) -> None:
        """Read one record; `inside` are the domains whose records led here."""
        redirect = ""
        for term in record.split()[1:]:
            modifier = MODIFIER.fullmatch(term)
            if modifier:
                redirect = modifier[2] if modifier[1].lower() == "redirect" else redirect
                continue
            ended = await self._mechanism(domain, term, inside, outermost=outermost)
            if ended or self._spf.problem:
                return  # receivers ignore everything after `all`, redirects too (section 5.1)
        if redirect:
            await self._enter("redirect", redirect, inside, outermost=outermost)

    async def _mechanism(
        self, domain: str, term: str, inside: set[str], *, outermost: bool
    ) -> bool:
        """Take one mechanism into account; True if it was `all`."""
        parts = MECHANISM.fullmatch(term)
        name = parts["name"].lower() if parts else ""
        if parts is None or name not in MECHANISMS:
            self._fail(f"{term!r} in the record of {domain} is not an SPF mechanism; correct it")
            return False
        if name == "all":
            if outermost:
                self._spf.all = parts["qualifier"] or "+"
            return True
        if name in ("ip4", "ip6"):
            self._network(parts["value"] or "", parts["four"], parts["qualifier"])
        elif name == "include":
            await self._enter(name, parts["value"] or "", inside, outermost=False)
        else:
            self._count()
            await self._hosts(name, parts["value"] or domain, parts)
        return False

    def _network(self, address: str, length: str | None, qualifier: str) -> None:
        try:
            network = ip_network(f"{address}/{length}" if length else address, strict=False)
        except ValueError:
            self._fail(f"{address!r} is not an IP address or network; correct it")
            return
        if qualifier in ("", "+"):
            self._spf.networks.append(network)

    async def _enter(self, how: str, domain: str, inside: set[str], *, outermost: bool) -> None:
        """Continue with the record of another domain (RFC 7208 sections 5.2 and 6.1)."""
        self._count()
        self._spf.delegates = True
        if self._spf.problem or "%" in domain:
            return
        if domain.lower() in inside:
            self._fail(f"{how} of {domain} is circular; remove it")
            return
        records = await _records_of(self._dns, domain)
        if len(records) != 1:
            self._fail(
                f"{how} of {domain}, which has {len(records) or 'no'} SPF record; correct it"
            )
            return
        await self.read(domain, records[0], inside | {domain.lower()}, outermost=outermost)

    async def _hosts(self, name: str, domain: str, parts: re.Match[str]) -> None:
        if self._spf.problem:
            return
        if name in ("ptr", "exists") or "%" in domain:
            # These depend on the message or the client, so no network can be collected.
            self._spf.delegates = True
            return
        hosts = [domain]
        if name == "mx":
            hosts = [host for host in await self._dns.mail_hosts(domain) if host][:MOST_MX]
        found = [address for host in hosts for address in await self._dns.addresses(host)]
        if not found:
            self._void(f"{name}:{domain}")
        for address in found:
            length = parts["six"] if ":" in address else parts["four"]
            self._network(address, length, parts["qualifier"])

    def _count(self) -> None:
        self._spf.lookups += 1
        if self._spf.lookups > MOST_LOOKUPS:
            self._fail(
                f"it needs more than {MOST_LOOKUPS} look-ups, so receivers give up; drop an include"
            )

    def _void(self, what: str) -> None:
        self._spf.voids += 1
        if self._spf.voids > MOST_VOIDS:
            self._fail(f"{what} and others before it have no address; remove them")

    def _fail(self, problem: str) -> None:
        self._spf.problem = self._spf.problem or problem
