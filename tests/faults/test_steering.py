"""Pause, resume, cancel, unsubscribe, die and wait, in every order that Hypothesis thinks of."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.steering import Steering


def test_whatever_is_done_sums_balance_and_nobody_gets_what_she_must_not() -> None:
    run_state_machine_as_test(
        Steering,
        settings=settings(
            max_examples=6,
            stateful_step_count=40,
            phases=[Phase.generate],  # a counterexample will do; to make it small takes minutes
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
