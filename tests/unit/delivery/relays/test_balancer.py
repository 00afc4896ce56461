"""The balancer shares by weight, falls over, and says how long to wait."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.ports import Reply
from digest.delivery.relays.balancer import PATIENCE_SECONDS, Permit, RelayBalancer, Wait
from digest.delivery.relays.health import HealthState
from digest.delivery.relays.reservation import QuotaGrant
from tests.unit.delivery.relays.conftest import SLOWER, TAKEN, relay

THEN = datetime(2026, 12, 3, 12, tzinfo=UTC)


def permit(answer: Permit | Wait) -> Permit:
    assert isinstance(answer, Permit), answer
    return answer


def wait(answer: Permit | Wait) -> Wait:
    assert isinstance(answer, Wait), answer
    return answer


def send(
    balancer: RelayBalancer, number: int, now: float = 1.0, domain: str = "a.example"
) -> Counter[str]:
    """Send so many, each answered at once; how many went where."""
    sent: Counter[str] = Counter()
    for _ in range(number):
        given_to = permit(balancer.choose(domain, now))
        given_to.done(now, TAKEN)
        sent[given_to.relay.name] += 1
    return sent


def grow(balancer: RelayBalancer, domain: str, now: float = 1.0) -> None:
    """Let a domain answer promptly until it may use every connection."""
    send(balancer, 200, now, domain)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=5), st.integers(1, 300))
def test_shares_are_at_any_time_within_one_stride_of_the_weights(
    weights: list[int], number: int
) -> None:
    balancer = RelayBalancer([relay(f"r{n}", weight=weight) for n, weight in enumerate(weights)])
    sent = send(balancer, number)
    turns = [sent[f"r{n}"] / weight for n, weight in enumerate(weights)]
    assert max(turns) - min(turns) <= 1 / min(weights) + 1e-9


def test_a_relay_that_comes_back_does_not_catch_up() -> None:
    balancer = RelayBalancer([relay("a"), relay("b")])
    balancer.trouble(balancer.relays[0], 1.0, "down")
    assert send(balancer, 500, 2.0) == {"b": 500}
    send(balancer, 1, 10.0)  # the probe
    assert abs(send(balancer, 100, 10.0)["a"] - 50) <= 1


def test_one_relay_in_trouble_leaves_all_to_the_other_and_is_then_probed_by_one_message() -> None:
    balancer = RelayBalancer([relay("a"), relay("b")])
    balancer.trouble(balancer.relays[0], 0.0, "421 busy")
    assert send(balancer, 20, 4.9) == {"b": 20}
    permits = [permit(balancer.choose("a.example", 5.0)) for _ in range(5)]
    probes = [given_to for given_to in permits if given_to.relay.name == "a"]
    assert len(probes) == 1
    probes[0].done(5.1, TAKEN)
    assert balancer.relays[0].health.state is HealthState.UP


def test_with_all_in_trouble_nothing_goes_until_the_first_may_be_probed() -> None:
    balancer = RelayBalancer([relay("a"), relay("b")])
    for now, live in enumerate(balancer.relays):
        balancer.trouble(live, now, "down")
    assert wait(balancer.choose("a.example", 2.0)) == Wait(3.0, domain_only=False)


def test_messages_that_hung_before_do_not_block_the_probe() -> None:
    balancer = RelayBalancer([relay()])
    grow(balancer, "a.example")
    hanging = [permit(balancer.choose("a.example", 1.0)) for _ in range(10)]
    balancer.trouble(balancer.relays[0], 2.0, "timeout")
    permit(balancer.choose("b.example", 8.0)).done(8.0, TAKEN)
    assert balancer.relays[0].health.state is HealthState.UP
    assert len(hanging) == balancer.relays[0].in_flight


def test_a_421_to_the_probe_does_not_count_as_recovery() -> None:
    balancer = RelayBalancer([relay()])
    balancer.trouble(balancer.relays[0], 0.0, "421 busy")
    permit(balancer.choose("a.example", 5.0)).done(5.0, Reply(421, "4.3.2 closing"))
    assert balancer.relays[0].health.state is HealthState.PROBING


def test_a_standby_is_used_only_while_all_others_are_out() -> None:
    balancer = RelayBalancer(
        [relay("a", connections=1), relay("b", connections=1), relay("c", weight=0)]
    )
    held = [permit(balancer.choose("a.example", 0.0)) for _ in range(2)]
    assert not wait(balancer.choose("a.example", 1.0)).domain_only  # busy is not out
    for given_to in held:
        given_to.returned(1.0)
    balancer.trouble(balancer.relays[0], 1.0, "down")
    assert send(balancer, 3, 1.0) == {"b": 3}
    balancer.trouble(balancer.relays[1], 1.0, "down")
    assert send(balancer, 5, 2.0) == {"c": 5}
    assert send(balancer, 5, 6.0)["c"] < 5


def test_the_standby_takes_over_when_a_quota_is_used_up() -> None:
    balancer = RelayBalancer([relay("a", per_day=10), relay("b", weight=0)])
    assert wait(balancer.choose("a.example", 0.0)).seconds < 1
    balancer.add_grants([QuotaGrant("a", "", 1, THEN, 3600, spent_for=3600)], 0.0)
    assert send(balancer, 3, 1.0) == {"a": 1, "b": 2}
    assert [status.state for status in balancer.statuses(1.0)] == ["quota used up", "up"]


def test_a_message_waits_for_a_relay_that_is_only_busy_but_not_for_long() -> None:
    balancer = RelayBalancer([relay("a", weight=100, connections=1), relay("b")])
    first = permit(balancer.choose("a.example", 0.0))
    assert first.relay.name == "a"
    permit(balancer.choose("b.example", 0.0))
    assert wait(balancer.choose("b.example", 0.0)) == Wait(PATIENCE_SECONDS, domain_only=False)
    assert permit(balancer.choose("b.example", PATIENCE_SECONDS)).relay.name == "b"


def test_a_rate_per_second_holds_over_all_domains() -> None:
    balancer = RelayBalancer([relay(per_second=10)])
    permit(balancer.choose("a.example", 0.0)).done(0.0, TAKEN)
    answer = wait(balancer.choose("b.example", 0.0))
    assert answer.seconds == pytest.approx(0.1)
    assert not answer.domain_only
    permit(balancer.choose("b.example", 0.1))


def test_several_workers_divide_a_rate_also_towards_domains_that_come_later() -> None:
    balancer = RelayBalancer([relay(per_second=10, each_domain={"per_second": 1})])
    balancer.share_rates(4)
    permit(balancer.choose("a.example", 0.0)).done(0.0, TAKEN)
    assert wait(balancer.choose("b.example", 0.0)).seconds == pytest.approx(0.4)
    assert wait(balancer.choose("a.example", 1.0)).seconds == pytest.approx(3)
    balancer.share_rates(1)
    permit(balancer.choose("a.example", 10.0)).done(10.0, TAKEN)
    assert wait(balancer.choose("a.example", 10.0)).seconds == pytest.approx(1)


def test_there_are_no_more_in_hand_than_the_connections_take() -> None:
    balancer = RelayBalancer([relay(connections=2)], per_connection=3)
    grow(balancer, "a.example")
    held = [permit(balancer.choose("a.example", 1.0)) for _ in range(6)]
    assert not wait(balancer.choose("b.example", 1.0)).domain_only
    held[0].done(1.0, TAKEN)
    permit(balancer.choose("b.example", 1.0))


def test_a_domain_at_its_limit_waits_alone() -> None:
    limits = {"gmail.com": {"connections": 1}, "gmx.de": {"per_second": 1}}
    balancer = RelayBalancer([relay(domains=limits)])
    permit(balancer.choose("gmail.com", 0.0))
    assert wait(balancer.choose("gmail.com", 0.0)).domain_only
    permit(balancer.choose("gmx.de", 0.0))
    assert wait(balancer.choose("gmx.de", 0.0)) == Wait(pytest.approx(1), domain_only=True)
    permit(balancer.choose("web.de", 0.0))


def test_a_domain_at_its_limit_on_one_relay_is_sent_to_by_another() -> None:
    balancer = RelayBalancer([relay("a", domains={"gmail.com": {"per_second": 1}}), relay("b")])
    sent = send(balancer, 50, domain="gmail.com")
    assert sent == {"a": 1, "b": 49}


def test_a_domain_that_throttles_one_relay_is_sent_to_by_the_other_or_waits_alone() -> None:
    balancer = RelayBalancer([relay("a"), relay("b")])
    for _ in range(10):
        for _ in balancer.relays:
            permit(balancer.choose("gmail.com", 0.0)).done(0.0, SLOWER)
    assert wait(balancer.choose("gmail.com", 1.0)) == Wait(59, domain_only=True)
    assert send(balancer, 10, 1.0, "gmx.de")
    permit(balancer.choose("gmail.com", 60.0))
    permit(balancer.choose("gmail.com", 60.0))
    assert wait(balancer.choose("gmail.com", 60.0)).domain_only  # one each, carefully


def test_a_domain_that_hangs_leaves_connections_to_the_others() -> None:
    balancer = RelayBalancer([relay(connections=8)])
    hanging = 0
    while isinstance(balancer.choose("tarpit.example", 0.0), Permit):
        hanging += 1
    assert hanging == 4
    assert send(balancer, 1000, 1.0, "prompt.example")


def test_a_domain_that_becomes_slow_falls_back_to_a_quarter_unless_all_are_slow() -> None:
    balancer = RelayBalancer([relay(connections=8)])
    (live,) = balancer.relays
    grow(balancer, "slow.example")
    grow(balancer, "prompt.example")
    permit(balancer.choose("slow.example", 2.0)).done(42.0, TAKEN)
    assert live.throttles["slow.example"].window == 2
    all_slow = RelayBalancer([relay(connections=8)])
    for turn in range(20):
        permit(all_slow.choose("any.example", turn * 30.0)).done(turn * 30.0 + 15, TAKEN)
    assert all_slow.relays[0].throttles["any.example"].window == 8


def test_what_was_not_sent_leaves_no_trace() -> None:
    balancer = RelayBalancer([relay(per_second=1, per_hour=10, each_domain={"per_second": 1})])
    balancer.choose("a.example", 0.0)
    balancer.add_grants([QuotaGrant("main", "", 10, THEN, 3600)], 0.0)
    for _ in range(20):
        permit(balancer.choose("a.example", 0.0)).returned(0.0)
    (live,) = balancer.relays
    assert (live.in_flight, live.reservation and live.reservation.units) == (0, 10)
    permit(balancer.choose("a.example", 0.0))


def test_quotas_are_requested_on_demand_and_unused_units_are_returned() -> None:
    config = relay(per_hour=1000, each_domain={"per_hour": 100})
    balancer = RelayBalancer([config])
    assert balancer.quota_requests(0.0) == []
    balancer.choose("a.example", 0.0)
    assert [(request.domain, request.units) for request in balancer.quota_requests(0.0)] == [
        ("", 50),
        ("a.example", 5),
    ]
    grants = [
        QuotaGrant("main", request.domain, request.units, THEN, 100)
        for request in balancer.quota_requests(0.0)
    ]
    balancer.add_grants(grants, 0.0)
    permit(balancer.choose("a.example", 0.0)).done(0.0, TAKEN)
    assert balancer.quota_returns(50.0) == []
    returned = {left.domain: left.units for left in balancer.quota_returns(50.0, everything=True)}
    assert returned == {"": 49, "a.example": 4}


def test_a_person_is_needed_only_when_every_relay_refuses_the_settings() -> None:
    balancer = RelayBalancer([relay("a"), relay("b")])
    balancer.trouble(balancer.relays[0], 0.0, "logging in: 535", refused=True)
    assert balancer.all_refused() is None
    balancer.trouble(balancer.relays[1], 0.0, "no STARTTLS", refused=True)
    assert balancer.all_refused() == "a: logging in: 535; b: no STARTTLS"
    permit(balancer.choose("a.example", 300.0)).done(300.0, TAKEN)
    assert balancer.all_refused() is None


def test_each_deferred_message_gets_a_later_place_at_the_domains_own_pace() -> None:
    balancer = RelayBalancer([relay(domains={"gmail.com": {"per_second": 2}})])
    places = [balancer.defer_for("gmail.com", 1.0, 10, 0.0) for _ in range(4)]
    assert places == pytest.approx([6.5, 7, 7.5, 8])
    late = [balancer.defer_for("gmail.com", 1.0, 10, 0.0) for _ in range(20_000)][-1000:]
    assert all(1800 <= place <= 3600 for place in late)


def test_only_changed_statuses_are_reported() -> None:
    balancer = RelayBalancer([relay("a"), relay("b")])
    assert balancer.changed_statuses(0.0) == []
    balancer.trouble(balancer.relays[0], 0.0, "421 busy")
    (changed,) = balancer.changed_statuses(1.0)
    assert (changed.relay, changed.state, changed.reason, changed.retry_in) == (
        "a",
        "backing off",
        "421 busy",
        4,
    )
    assert balancer.changed_statuses(2.0) == []
    while permit(answer := balancer.choose("a.example", 5.0)).relay.name != "a":
        pass
    permit(answer).done(5.0, TAKEN)
    assert [status.state for status in balancer.changed_statuses(5.0)] == ["up"]


def test_idle_domains_are_forgotten_unless_there_is_something_to_remember() -> None:
    balancer = RelayBalancer([relay(domains={"gmail.com": {"per_second": 0.01}})])
    permit(balancer.choose("gmail.com", 0.0)).done(0.0, TAKEN)
    permit(balancer.choose("deferring.example", 0.0)).done(0.0, SLOWER)
    for number in range(6000):
        permit(balancer.choose(f"d{number}.example", 0.0)).done(0.0, TAKEN)
    throttles = balancer.relays[0].throttles
    assert {"gmail.com", "deferring.example"} <= set(throttles)
    assert len(throttles) < 5001
