"""The DMARC policy of a From domain, and its organisational domain (RFC 9989)."""

from dataclasses import dataclass

from digest.domains.dkim_record import parse_tags
from digest.domains.dns_client import DnsClient

# RFC 9989 section 4.10, the tree walk: the name itself, then at most its last seven labels.
MOST_QUERIES = 8
POLICIES = ("none", "quarantine", "reject")


@dataclass(frozen=True)
class DmarcPolicy:
    """The policy for mail from `domain`, where it is published, and the organisational domain.

    `at` is None and `tags` are empty where there is no policy. `records` counts the records
    at that name; receivers ignore a policy unless there is exactly one.
    """

    domain: str
    at: str | None
    tags: dict[str, str]
    organisation: str
    records: int = 0

    @property
    def policy(self) -> str | None:
        """`none`, `quarantine` or `reject`; None without a valid one.

        For a name below the one that publishes the record, `sp=` overrides `p=`.
        """
        own = None if self.at == self.domain else self.tags.get("sp")
        policy = (own or self.tags.get("p", "none" if "rua" in self.tags else "")).lower()
        return policy if policy in POLICIES else None


async def find_dmarc_policy(dns: DnsClient, domain: str) -> DmarcPolicy:
    """The policy for mail from `domain`, by the tree walk. Raises `DnsUnavailable`."""
    found = await _walk(dns, domain)
    organisation = _organisation(domain, found)
    for at in (domain, organisation):
        if at in found:
            records = found[at]
            return DmarcPolicy(domain, at, parse_tags(records[0]), organisation, len(records))
    return DmarcPolicy(domain, None, {}, organisation)


async def organisation_of(dns: DnsClient, domain: str) -> str:
    """The organisational domain of any name. Raises `DnsUnavailable`."""
    return _organisation(domain, await _walk(dns, domain))


async def _walk(dns: DnsClient, domain: str) -> dict[str, list[str]]:
    """Name → its DMARC records, walking up from `domain`."""
    labels = domain.split(".")
    steps = [labels, *(labels[at:] for at in range(1, len(labels)))]
    found = {}
    for step in steps[:1] + steps[1:][-(MOST_QUERIES - 1) :]:
        name = ".".join(step)
        texts = await dns.texts(f"_dmarc.{name}")
        records = [text for text in texts if parse_tags(text).get("v") == "DMARC1"]
        if records:
            found[name] = records
    return found


def _organisation(domain: str, found: dict[str, list[str]]) -> str:
    """The shortest name with a record, unless a `psd=` tag decides otherwise."""
    shortest = domain
    for name, records in found.items():
        psd = parse_tags(records[0]).get("psd")
        if psd == "n":
            return name
        if psd == "y" and name != domain:
            labels = domain.removesuffix(f".{name}").split(".")
            return f"{labels[-1]}.{name}"
        shortest = name
    return shortest
