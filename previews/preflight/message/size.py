"""The size of the HTML for the reader with the longest values: Gmail clips at 102 KB."""

from collections.abc import Iterator

from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, FindingPlace, error, warning
from previews.preflight.rendered_message import RenderedMessage

TOO_LARGE = error(
    "MSG-060",
    "The HTML is larger than Gmail shows",
    "Gmail clips a message at 102 KB, and the unsubscribe link with it. The limit here is "
    "100,000 bytes of UTF-8 after transfer decoding.",
    "Take fewer comparisons: `digest issues edit N --exclude SLUG`.",
)
LARGE = warning(
    "MSG-061",
    "The HTML is close to the size that Gmail shows",
    "Above 100,000 bytes it is refused.",
    "Take fewer comparisons, or shorten the template.",
)


def size(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """The size of the HTML part in bytes of UTF-8, as Gmail counts."""
    count = len((message.html or "").encode())
    if count > facts.most_bytes:
        detail = f"{count:,} bytes, at most {facts.most_bytes:,} are allowed"
        yield TOO_LARGE.found(detail, FindingPlace("html"))
    elif count > facts.warn_bytes:
        yield LARGE.found(f"{count:,} bytes of {facts.most_bytes:,}", FindingPlace("html"))


CHECKS = (size,)
