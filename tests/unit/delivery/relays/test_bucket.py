"""A rate is never exceeded in any window, and never lower than asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.relays.bucket import Bucket

gaps = st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=120)
rates = st.floats(0.1, 500)
bursts = st.floats(1, 20)


def taken(bucket: Bucket, steps: list[float]) -> list[float]:
    """The instants at which one went, of somebody who asks after each gap."""
    now, times = 1000.0, []
    for step in steps:
        now += step
        if not bucket.wait(now):
            bucket.take(now)
            times.append(now)
    return times


@given(rates, bursts, gaps)
def test_no_window_has_more_than_the_rate_and_the_burst(
    rate: float, burst: float, steps: list[float]
) -> None:
    times = taken(Bucket(rate, burst), steps)
    for first, start in enumerate(times):
        for last in range(first, len(times)):
            assert last - first + 1 <= rate * (times[last] - start) + burst + 1e-6


@given(rates, st.integers(1, 200))
def test_waiting_as_long_as_requested_yields_the_whole_rate(rate: float, wanted: int) -> None:
    bucket, now = Bucket(rate, 1), 50.0
    for _ in range(wanted):
        now += bucket.wait(now)
        assert bucket.wait(now) == 0.0
        bucket.take(now)
    assert now - 50.0 == pytest.approx((wanted - 1) / rate, rel=1e-6)


def test_looking_takes_nothing() -> None:
    bucket = Bucket(1)
    assert [bucket.wait(0.0) for _ in range(5)] == [0.0] * 5


def test_idle_time_earns_no_more_than_the_burst() -> None:
    bucket = Bucket(10, 3)
    assert len(taken(bucket, [3600.0, *[0.0] * 10])) == 3


def test_what_did_not_go_can_be_given_back() -> None:
    bucket = Bucket(1)
    bucket.take(0.0)
    assert bucket.wait(0.0) == pytest.approx(1)
    bucket.give_back()
    assert bucket.wait(0.0) == 0.0
    assert bucket.rested(0.0)


def test_a_low_rate_lets_one_go_at_a_time_and_a_high_one_fifty_milliseconds_worth() -> None:
    assert Bucket(14).burst == 1
    assert Bucket(1000).burst == 50
