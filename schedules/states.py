"""The states of a slot, and the choices that an edition offers."""

from enum import StrEnum


class SlotState(StrEnum):
    """planned → composed → sent; or skipped, missed, held (see `slots`)."""

    PLANNED = "planned"
    COMPOSED = "composed"
    SENT = "sent"
    SKIPPED = "skipped"
    MISSED = "missed"
    HELD = "held"


class Approval(StrEnum):
    """Whether an issue of the edition waits for an editor's approval."""

    REQUIRED = "required"
    AUTOMATIC = "automatic"


class OnUnknown(StrEnum):
    """After an unknown outcome: `resend` (at most two copies) or `hold` (at most one)."""

    RESEND = "resend"
    HOLD = "hold"
