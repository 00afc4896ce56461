"""The next step of a slot at a wake-up, however late that comes."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.catchup import Action, decide
from schedules.states import SlotState
from tests.unit.schedules.conftest import utc

CUTOFF = utc(2026, 12, 7, 17, 0)
HOUR = utc(2026, 12, 8, 8, 0)
GRACE = timedelta(hours=12)
SECOND = timedelta(seconds=1)
P, C = SlotState.PLANNED, SlotState.COMPOSED
SETTLED = (SlotState.SENT, SlotState.SKIPPED, SlotState.MISSED, SlotState.HELD)


@dataclass
class Row:
    state: SlotState = SlotState.PLANNED
    send_at: datetime = HOUR
    cutoff_at: datetime = CUTOFF


@pytest.mark.parametrize(
    ("state", "now", "ready", "action"),
    [
        (P, CUTOFF - SECOND, False, Action.WAIT),
        (P, CUTOFF, False, Action.COMPOSE),
        (P, HOUR + GRACE, False, Action.COMPOSE),
        (P, HOUR + GRACE + SECOND, False, Action.MISS),
        (C, HOUR - SECOND, True, Action.WAIT),
        (C, HOUR - SECOND, False, Action.WAIT),
        (C, HOUR, True, Action.SEND),
        (C, HOUR, False, Action.HOLD),
        (C, HOUR + GRACE, True, Action.SEND),
        (C, HOUR + GRACE + SECOND, True, Action.MISS),
        (C, HOUR + GRACE + SECOND, False, Action.MISS),
    ],
)
def test_a_slot_runs_from_its_hour_to_the_end_of_its_grace(
    state: SlotState, now: datetime, ready: bool, action: Action
) -> None:
    assert decide(Row(state), now, grace=GRACE, ready=ready).action is action


@pytest.mark.parametrize("state", SETTLED)
def test_a_settled_slot_never_moves_by_itself(state: SlotState) -> None:
    for hours in (-100, 0, 1, 100):
        decision = decide(Row(state), HOUR + timedelta(hours=hours), grace=GRACE, ready=True)
        assert decision.action is Action.WAIT


def test_the_reason_names_the_step_that_was_missed() -> None:
    late = HOUR + timedelta(days=2)
    assert decide(Row(P), late, grace=GRACE, ready=False).reason == (
        "not composed within 12 h of its time"
    )
    assert decide(Row(C), late, grace=GRACE, ready=True).reason == (
        "not sent within 12 h of its time"
    )
    assert decide(Row(C), late, grace=GRACE, ready=False).reason == (
        "not approved within 12 h of its time"
    )
    assert decide(Row(C), HOUR, grace=GRACE, ready=False).reason == "waiting for approval"


def run(row: Row, wakes: list[datetime], approved_at: datetime | None, grace: timedelta) -> Counter:
    """Act on every decision as the engine does; how often each was taken."""
    next_state = {
        Action.COMPOSE: SlotState.COMPOSED,
        Action.SEND: SlotState.SENT,
        Action.HOLD: SlotState.HELD,
        Action.MISS: SlotState.MISSED,
    }
    taken: Counter[Action] = Counter()
    for now in wakes:
        ready = row.state == C and approved_at is not None and approved_at <= now
        action = decide(row, now, grace=grace, ready=ready).action
        taken[action] += 1
        row.state = next_state.get(action, row.state)
    return taken


moments = st.timedeltas(timedelta(days=-3), timedelta(days=3)).map(lambda delta: HOUR + delta)


@given(
    wakes=st.lists(moments, max_size=30),
    approved_at=st.none() | moments,
    grace=st.timedeltas(timedelta(hours=1), timedelta(days=2)),
    cutoff_hours=st.integers(0, 60),
)
def test_every_slot_ends_in_one_state_and_is_sent_at_most_once(
    wakes: list[datetime],
    approved_at: datetime | None,
    grace: timedelta,
    cutoff_hours: int,
) -> None:
    row = Row(cutoff_at=HOUR - timedelta(hours=cutoff_hours))
    at_last = [HOUR + timedelta(days=9), HOUR + timedelta(days=10)]
    taken = run(row, sorted(wakes) + at_last, approved_at, grace)
    assert row.state in SETTLED
    assert taken[Action.SEND] + taken[Action.HOLD] + taken[Action.MISS] == 1
    assert taken[Action.COMPOSE] <= 1


@given(wakes=st.lists(moments, max_size=30), late=st.timedeltas(timedelta(), GRACE))
def test_a_machine_back_within_the_grace_misses_nothing(
    wakes: list[datetime], late: timedelta
) -> None:
    """Two wake-ups within the grace compose and send, whatever came before."""
    row = Row()
    before = sorted(wake for wake in wakes if wake < HOUR)
    run(row, [*before, HOUR + late, HOUR + late], CUTOFF - timedelta(days=9), GRACE)
    assert row.state == SlotState.SENT


@given(wakes=st.lists(moments, max_size=30))
def test_wake_ups_out_of_order_never_send_twice(wakes: list[datetime]) -> None:
    """Clocks may jump about between wake-ups."""
    taken = run(Row(), wakes, CUTOFF, GRACE)
    assert taken[Action.SEND] + taken[Action.HOLD] + taken[Action.MISS] <= 1
