"""What is to be done about one slot at one wake-up. Pure: the caller acts on it.

A wake-up may come late: the machine was off, asleep or busy. Within the grace
a slot still runs, once; past it, it is recorded as missed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from schedules.states import SlotState

WAITING_FOR_APPROVAL = "waiting for approval"


class Action(StrEnum):
    """What the caller does: nothing, or the slot's next step."""

    WAIT = "wait"
    COMPOSE = "compose"
    SEND = "send"
    HOLD = "hold"
    MISS = "miss"


@dataclass(frozen=True)
class Decision:
    """An action; `hold` and `miss` come with the reason to record."""

    action: Action
    reason: str | None = None


class Planned(Protocol):
    """The part of a slot that a decision rests on."""

    @property
    def state(self) -> SlotState: ...
    @property
    def send_at(self) -> datetime: ...
    @property
    def cutoff_at(self) -> datetime: ...


def decide(slot: Planned, now: datetime, *, grace: timedelta, ready: bool) -> Decision:
    """The slot's next step at `now`; `ready` when its issue is approved.

    Only planned and composed slots move by themselves; all others wait for an
    editor or are done. Exactly at the end of the grace a slot still runs.
    """
    late = now > slot.send_at + grace
    if slot.state == SlotState.PLANNED and now >= slot.cutoff_at:
        return _missed("composed", grace) if late else Decision(Action.COMPOSE)
    if slot.state == SlotState.COMPOSED and now >= slot.send_at:
        if late:
            return _missed("sent" if ready else "approved", grace)
        return Decision(Action.SEND) if ready else Decision(Action.HOLD, WAITING_FOR_APPROVAL)
    return Decision(Action.WAIT)


def _missed(step: str, grace: timedelta) -> Decision:
    hours = grace / timedelta(hours=1)
    return Decision(Action.MISS, f"not {step} within {hours:g} h of its time")
