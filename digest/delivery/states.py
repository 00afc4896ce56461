"""The kinds, routes and states of mailings and deliveries; docs/delivery.md draws them."""

from enum import StrEnum


class MailingKind(StrEnum):
    """The reasons to write to people."""

    ISSUE = "issue"
    CONFIRMATION = "confirmation"
    TEST = "test"
    NOTICE = "notice"


class MailingState(StrEnum):
    """Only an `active` mailing arms; `finished` and `cancelled` are for good."""

    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"


class Route(StrEnum):
    """Where a mailing goes: the configured relay, or the built-in inbox."""

    RELAY = "relay"
    INBOX = "inbox"


class DeliveryState(StrEnum):
    """See `docs/delivery.md` for what leads from one to the next."""

    PENDING = "pending"
    CLAIMED = "claimed"
    ARMED = "armed"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    HELD = "held"


OPEN_STATES = (
    DeliveryState.PENDING,
    DeliveryState.CLAIMED,
    DeliveryState.ARMED,
    DeliveryState.DEFERRED,
    DeliveryState.UNKNOWN,
)
