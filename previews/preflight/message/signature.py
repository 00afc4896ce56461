"""The DKIM signature, if the engine signs: what it covers (RFC 6376, RFC 8058)."""

import re
from collections.abc import Iterator

from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, error, in_header
from previews.preflight.rendered_message import RenderedMessage

COVERED = ("list-unsubscribe", "list-unsubscribe-post", "from", "subject", "date", "message-id")

UNCOVERED = error(
    "MSG-070",
    "A DKIM signature leaves out a field that matters",
    "One-click only counts if both of its fields are signed (RFC 8058 section 4), and From "
    "must be listed twice so that no second one can be added.",
    "Let the engine sign: DIGEST_DKIM_KEYS.",
)
WEAK = error(
    "MSG-071",
    "A DKIM signature is partial, or of a kind that receivers ignore",
    "`l=` lets others append to the message. Every receiver checks rsa-sha256; Ed25519 only "
    "works as a second signature (RFC 8301, RFC 8463).",
    "Let the engine sign: DIGEST_DKIM_KEYS.",
)


def signatures(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Each signature covers the required fields, and one is rsa-sha256.

    An unsigned message is fine: the relay signs it.
    """
    tags = [_tags(value) for value in message.headers("DKIM-Signature")]
    for found in tags:
        fields = [name.strip().lower() for name in found.get("h", "").split(":")]
        missing = [name for name in COVERED if name not in fields]
        if missing or fields.count("from") < 2:
            detail = f"h= lacks {', '.join(missing) or 'a second From'}"
            yield UNCOVERED.found(detail, in_header("DKIM-Signature"))
        if "l" in found:
            yield WEAK.found("it has l=", in_header("DKIM-Signature"))
    if tags and all(found.get("a") != "rsa-sha256" for found in tags):
        yield WEAK.found("none is rsa-sha256", in_header("DKIM-Signature"))


def _tags(value: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in re.sub(r"\s", "", value).split(";"))
    return {name: rest for name, _, rest in pairs if name}


CHECKS = (signatures,)
