"""Pause, resume, cancel, unsubscribe, crash and wait, in orders that Hypothesis generates."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.steering import Steering


def test_in_any_order_of_events_sums_balance_and_nobody_gets_unwanted_mail() -> None:
    run_state_machine_as_test(
        Steering,
        settings=settings(
            max_examples=6,
            stateful_step_count=40,
            phases=[Phase.generate],  # shrinking a counterexample takes minutes
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
