"""How large the largest reader's HTML is: Gmail cuts a message off at 102 KB."""

from collections.abc import Iterator

from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, FindingPlace, error, warning
from previews.preflight.rendered_message import RenderedMessage

TOO_LARGE = error(
    "MSG-060",
    "The HTML is larger than Gmail shows",
    "Gmail cuts a message off at 102 KB, and the unsubscribe link with it; we refuse 100,000 "
    "bytes, counted in UTF-8 after transfer decoding.",
    "Take fewer comparisons: `digest issues edit N --exclude SLUG`.",
)
LARGE = warning(
    "MSG-061",
    "The HTML comes near the size that Gmail shows",
    "Over 100,000 bytes it is refused.",
    "Take fewer comparisons, or shorten the template.",
)


def size(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """The HTML part in bytes, as Gmail counts."""
    count = len((message.html or "").encode())
    if count > facts.most_bytes:
        detail = f"{count:,} bytes, at most {facts.most_bytes:,} are allowed"
        yield TOO_LARGE.found(detail, FindingPlace("html"))
    elif count > facts.warn_bytes:
        yield LARGE.found(f"{count:,} bytes of {facts.most_bytes:,}", FindingPlace("html"))


CHECKS = (size,)
