"""What an import does with an address."""

from enum import StrEnum

from subscribers.states import SuppressionReason


class ImportOutcome(StrEnum):
    """What an import does with an address; what changes something comes first."""

    NEW = "new"
    ACTIVATED = "activated"
    LEFT = "left"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    BLOCKED = "blocked"
    ENDED = "ended"
    UNCONFIRMED = "unconfirmed"
    WITHOUT_CONSENT = "without_consent"
    KNOWN = "known"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    ERASED = "erased"


# What a file says of an address that is not yet suppressed for it, the gravest first.
SUPPRESSING = {
    SuppressionReason.COMPLAINT: ImportOutcome.COMPLAINED,
    SuppressionReason.MANUAL: ImportOutcome.BLOCKED,
    SuppressionReason.UNSUBSCRIBE: ImportOutcome.LEFT,
    SuppressionReason.BOUNCE: ImportOutcome.BOUNCED,
}
