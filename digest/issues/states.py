"""The states of an issue; docs/issues.md draws them."""

from enum import StrEnum


class IssueState(StrEnum):
    """draft → approved → scheduled → sending ⇄ paused → sent, or cancelled."""

    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"
