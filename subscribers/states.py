"""The states and reasons of readers, subscriptions, links and suppressions."""

from enum import StrEnum


class SubscriptionState(StrEnum):
    """`pending` until confirmed, `active` while mailed, `ended` after leaving."""

    PENDING = "pending"
    ACTIVE = "active"
    ENDED = "ended"


class LinkState(StrEnum):
    """Whether a confirmation link still confirms, has done so, or is too old."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"


class ConsentKind(StrEnum):
    """What happened to a reader's consent; the log is append-only."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    ADDED = "added"
    IMPORTED = "imported"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    LIFTED = "lifted"
    MOVED = "moved"
    ERASED = "erased"


class SuppressionReason(StrEnum):
    """Why an address must not be mailed. See `suppression` for who may lift which."""

    UNSUBSCRIBE = "unsubscribe"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    ERASURE = "erasure"
