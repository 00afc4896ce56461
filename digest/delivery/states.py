"""The kinds, routes and states of mailings and deliveries; docs/delivery.md draws them."""

from enum import StrEnum


class MailingKind(StrEnum):
    """Why a mailing is sent."""

    ISSUE = "issue"
    CONFIRMATION = "confirmation"
    TEST = "test"
    NOTICE = "notice"


class MailingState(StrEnum):
    """Only deliveries of an `active` mailing can be armed; the last two states are final."""

    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"


class Route(StrEnum):
    """Where a mailing goes: to the configured relays, or to the built-in inbox."""

    RELAY = "relay"
    INBOX = "inbox"


class DeliveryState(StrEnum):
    """`docs/delivery.md` draws what leads from one state to the next."""

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
