"""Limits and warm-up plans."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from digest.delivery.relays.config import WarmUp
from tests.unit.delivery.relays.conftest import relay

START = date(2026, 12, 1)


def days(plan: WarmUp, per_day: int | None, number: int) -> list[int | None]:
    return [plan.allowed(START + timedelta(day), per_day) for day in range(number)]


def test_a_plan_grows_from_its_first_day_to_the_daily_limit() -> None:
    plan = WarmUp(start=START, first_day=200, factor=2)
    assert days(plan, 1500, 5) == [200, 400, 800, 1500, 1500]


def test_a_plan_may_be_a_list_and_afterwards_the_daily_limit_holds() -> None:
    plan = WarmUp(start=START, days=(50, 100, 5000))
    assert days(plan, 1000, 4) == [50, 100, 1000, 1000]
    assert days(plan, None, 4) == [50, 100, 5000, None]


def test_before_its_start_a_relay_sends_nothing() -> None:
    assert WarmUp(start=START, days=(50,)).allowed(START - timedelta(1), 1000) == 0


@given(st.integers(1, 10**6), st.floats(1.01, 10), st.integers(1, 10**7), st.integers(0, 10**5))
def test_a_plan_never_shrinks_nor_passes_the_daily_limit(
    first: int, factor: float, per_day: int, day: int
) -> None:
    plan = WarmUp(start=START, first_day=first, factor=factor)
    today, tomorrow = (plan.allowed(START + timedelta(d), per_day) for d in (day, day + 1))
    assert today is not None
    assert tomorrow is not None
    assert min(first, per_day) <= today <= tomorrow <= per_day


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"warm_up": {"start": START}}, "either first_day"),
        ({"warm_up": {"start": START, "first_day": 1, "days": [1]}}, "either first_day"),
        ({"warm_up": {"start": START, "first_day": 1}}, "set per_day"),
        ({"per_second": 0}, "greater than 0"),
        ({"per_second": float("nan")}, "finite"),
        ({"per_hour": 1.5}, "valid integer"),
        ({"per_hour": True}, "valid integer"),
        ({"connections": 0}, "greater than or equal to 1"),
        ({"weight": -1}, "greater than or equal to 0"),
        ({"name": "Main relay"}, "pattern"),
        ({"domains": {"no domain": {"per_second": 1}}}, "not a domain"),
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        relay(**values)


def test_a_domain_with_its_own_limits_has_only_those() -> None:
    config = relay(
        each_domain={"connections": 2}, domains={"GMail.com": {"per_second": 1}, "gmx.de": {}}
    )
    own, other = config.towards("gmail.com"), config.towards("example.org")
    assert own is not None
    assert other is not None
    assert (own.connections, own.per_second) == (None, 1)
    assert (other.connections, other.per_second) == (2, None)


def test_domains_are_compared_as_they_are_on_the_wire() -> None:
    assert "xn--mnchen-3ya.example" in relay(domains={"münchen.example": {}}).domains
