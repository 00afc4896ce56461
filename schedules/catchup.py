"""The next step of one slot at one wake-up. A pure decision: the caller acts on it.

A wake-up may come late: the machine was off, asleep or busy. Within its grace a slot still
runs, once; after that it is recorded as missed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from schedules.states import SlotState

WAITING_FOR_APPROVAL = "waiting for approval"


class Action(StrEnum):
    """What the caller has to do: nothing, or the slot's next step."""

    WAIT = "wait"
    COMPOSE = "compose"
    SEND = "send"
    HOLD = "hold"
    MISS = "miss"


@dataclass(frozen=True)
class SlotDecision:
    """An action; `HOLD` and `MISS` come with the reason to record."""

    action: Action
    reason: str | None = None


class Planned(Protocol):
    """The part of a slot that a decision depends on."""

    @property
    def state(self) -> SlotState: ...
    @property
    def send_at(self) -> datetime: ...
    @property
    def cutoff_at(self) -> datetime: ...


def decide(slot: Planned, now: datetime, *, grace: timedelta, ready: bool) -> SlotDecision:
    """The slot's next step at `now`; `ready` when its issue is approved.

    Only planned and composed slots move by themselves; all others wait for an editor or are
    done. At the very end of its grace a slot still runs.
    """
    late = now > slot.send_at + grace
    if slot.state == SlotState.PLANNED and now >= slot.cutoff_at:
        return _missed("composed", grace) if late else SlotDecision(Action.COMPOSE)
    if slot.state == SlotState.COMPOSED and now >= slot.send_at:
        if late:
            return _missed("sent" if ready else "approved", grace)
        if ready:
            return SlotDecision(Action.SEND)
        return SlotDecision(Action.HOLD, WAITING_FOR_APPROVAL)
    return SlotDecision(Action.WAIT)


def _missed(step: str, grace: timedelta) -> SlotDecision:
    hours = grace / timedelta(hours=1)
    return SlotDecision(Action.MISS, f"not {step} within {hours:g} h of its time")
