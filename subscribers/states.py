"""The states and reasons that the subscribers' rows hold."""

from enum import StrEnum


class SubscriptionState(StrEnum):
    """`pending` until confirmed, `active` while mailed, `ended` when she left."""

    PENDING = "pending"
    ACTIVE = "active"
    ENDED = "ended"


class ConsentKind(StrEnum):
    """What happened to a reader's consent; the log is append-only."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    ADDED = "added"
    IMPORTED = "imported"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    LIFTED = "lifted"
    ERASED = "erased"


class SuppressionReason(StrEnum):
    """Why an address must not be mailed. See `suppression` for who may lift which."""

    UNSUBSCRIBE = "unsubscribe"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    ERASURE = "erasure"
