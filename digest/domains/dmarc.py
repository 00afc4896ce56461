"""Finding the DMARC policy of a From domain, and what aligns with it (RFC 9989)."""

from dataclasses import dataclass

from digest.domains.names import Names
from digest.domains.tags import parse_tags

MOST_QUERIES = 8  # RFC 9989's tree walk: the name itself, then at most its last seven labels
POLICIES = ("none", "quarantine", "reject")


@dataclass(frozen=True)
class Dmarc:
    """What holds for mail from `domain`: the policy, where it is published, the organisation.

    `at` is None and `tags` are empty where there is no policy; `records` counts those at the
    name, of which there must be one.
    """

    domain: str
    at: str | None
    tags: dict[str, str]
    organisation: str
    records: int = 0

    @property
    def policy(self) -> str | None:
        """`none`, `quarantine` or `reject`; None if there is none that can be read.

        For a name below the one that publishes it, `sp=` goes before `p=`.
        """
        own = None if self.at == self.domain else self.tags.get("sp")
        policy = (own or self.tags.get("p", "none" if "rua" in self.tags else "")).lower()
        return policy if policy in POLICIES else None


async def find_dmarc(names: Names, domain: str) -> Dmarc:
    """The policy for mail from `domain`, by the tree walk. Raises `Unresolved`."""
    found = await _walk(names, domain)
    organisation = _organisation(domain, found)
    for at in (domain, organisation):
        if at in found:
            records = found[at]
            return Dmarc(domain, at, parse_tags(records[0]), organisation, len(records))
    return Dmarc(domain, None, {}, organisation)


async def organisation_of(names: Names, domain: str) -> str:
    """The organisational domain of any name. Raises `Unresolved`."""
    return _organisation(domain, await _walk(names, domain))


async def _walk(names: Names, domain: str) -> dict[str, list[str]]:
    """Name → its DMARC records, from `domain` upwards."""
    labels = domain.split(".")
    steps = [labels, *(labels[at:] for at in range(1, len(labels)))]
    found = {}
    for step in steps[:1] + steps[1:][-(MOST_QUERIES - 1) :]:
        name = ".".join(step)
        texts = await names.texts(f"_dmarc.{name}")
        records = [text for text in texts if parse_tags(text).get("v") == "DMARC1"]
        if records:
            found[name] = records
    return found


def _organisation(domain: str, found: dict[str, list[str]]) -> str:
    """The name with the fewest labels that has a record, unless `psd=` says otherwise."""
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
