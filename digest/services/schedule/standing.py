"""Where a slot really stands: its own state, and from its composition on that of its issue."""

from enum import StrEnum

from digest.issues.states import IssueState
from schedules.states import SlotState


class Standing(StrEnum):
    """What an editor sees of a slot; docs/schedule.md explains each."""

    PLANNED = "planned"
    NEEDS_APPROVAL = "needs approval"
    APPROVED = "approved"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    MISSED = "missed"
    HELD = "held"


BY_ISSUE = {
    IssueState.DRAFT: Standing.NEEDS_APPROVAL,
    IssueState.APPROVED: Standing.APPROVED,
    IssueState.SCHEDULED: Standing.APPROVED,
    IssueState.SENDING: Standing.SENDING,
    IssueState.PAUSED: Standing.PAUSED,
    IssueState.SENT: Standing.SENT,
    IssueState.CANCELLED: Standing.CANCELLED,
}
# The slot's own word counts: what an editor or the clock decided about it, whatever its issue is.
STOPPED = (SlotState.SKIPPED, SlotState.MISSED, SlotState.HELD)


def standing(slot: SlotState, issue: IssueState | None) -> Standing:
    """Where a slot stands whose issue is in this state; None: it has no issue."""
    if slot in STOPPED:
        return Standing(slot)
    if slot == SlotState.PLANNED and issue in (None, IssueState.DRAFT):
        return Standing.PLANNED  # the draft is composed again at the cut-off
    if issue is not None:
        return BY_ISSUE[issue]
    return Standing.NEEDS_APPROVAL if slot == SlotState.COMPOSED else Standing.SENT
