"""Whether a key that signs is the one that is published (RFC 6376 section 3.6.1)."""

from digest.domains.names import Names
from digest.domains.tags import parse_tags
from digest.rendering.message.dkim import SigningKey


async def published_wrongly(names: Names, key: SigningKey, domain: str) -> str | None:
    """What is wrong with the record of a key that signs for `domain`; None if nothing is.

    Raises `Unresolved`.
    """
    records = await names.texts(key.name(domain))
    if not records:
        return "is not published"
    if len(records) > 1:
        return f"has {len(records)} records; leave only ours"
    return _objection(parse_tags(records[0]), parse_tags(key.record()))


def _objection(found: dict[str, str], ours: dict[str, str]) -> str | None:
    if found.get("v", "DKIM1") != "DKIM1" or "p" not in found:
        return "is no DKIM record"
    if not found["p"]:
        return "is revoked (its p= is empty)"
    if found.get("k", "rsa") != ours["k"] or "".join(found["p"].split()) != ours["p"]:
        return "holds another key than ours, so every signature fails"
    if "sha256" not in found.get("h", "sha256").lower().split(":"):
        return "does not allow sha256; drop its h= tag"
    if not {"*", "email"} & set(found.get("s", "*").replace(" ", "").split(":")):
        return "is not for email; drop its s= tag"
    if "y" in found.get("t", "").replace(" ", "").split(":"):
        return "is marked as a test (t=y), so receivers may ignore it; drop the t= tag"
    return None
