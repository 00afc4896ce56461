"""SPF, DKIM and DMARC: the rules for a service that has looked them up in DNS."""

from previews.preflight.finding import error, warning

UNAUTHENTICATED = error(
    "DLV-010",
    "SPF, DKIM or DMARC fails",
    "Gmail, Yahoo and Microsoft refuse or file bulk mail that is not authenticated and aligned "
    "(RFC 9989).",
    "Publish the record named; `digest doctor` shows all of them.",
)
WEAKLY_AUTHENTICATED = warning(
    "DLV-011",
    "SPF, DKIM or DMARC could be better",
    "It passes today; large receivers ask more of bulk senders.",
    "Publish the record named; `digest doctor` shows all of them.",
)
NOT_LOOKED_UP = warning(
    "DLV-012",
    "SPF, DKIM and DMARC were not checked",
    "DNS could not be queried from here.",
    "Run `digest doctor` on the machine that sends.",
)
