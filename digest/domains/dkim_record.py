"""Whether the DKIM key in DNS is the one that signs (RFC 6376 section 3.6.1)."""

from digest.domains.dns_client import DnsClient
from digest.rendering.message.dkim import SigningKey


def parse_tags(record: str) -> dict[str, str]:
    """The tag list of a DKIM or DMARC record (RFC 6376 section 3.2): lower-case tag → value.

    Parts without `=` are left out.
    """
    pairs = (part.partition("=") for part in record.split(";"))
    return {tag.strip().lower(): value.strip() for tag, equals, value in pairs if equals}


async def find_dkim_problem(dns: DnsClient, key: SigningKey, domain: str) -> str | None:
    """What is wrong with the published record of a key that signs for `domain`; None if nothing.

    Raises `DnsUnavailable`.
    """
    records = await dns.texts(key.name(domain))
    if not records:
        return "is not published"
    if len(records) > 1:
        return f"has {len(records)} records; keep only that of the key"
    return _compare(parse_tags(records[0]), parse_tags(key.record()))


def _compare(published: dict[str, str], own: dict[str, str]) -> str | None:
    if published.get("v", "DKIM1") != "DKIM1" or "p" not in published:
        return "is not a DKIM record"
    if not published["p"]:
        return "is revoked (its p= is empty)"
    if published.get("k", "rsa") != own["k"] or "".join(published["p"].split()) != own["p"]:
        return "holds another key than the one that signs, so every signature fails"
    if "sha256" not in published.get("h", "sha256").lower().split(":"):
        return "does not allow sha256; drop its h= tag"
    if not {"*", "email"} & set(published.get("s", "*").replace(" ", "").split(":")):
        return "is not for email; drop its s= tag"
    if "y" in published.get("t", "").replace(" ", "").split(":"):
        return "is marked as a test (t=y), so receivers may ignore it; drop the t= tag"
    return None
