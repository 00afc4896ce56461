"""The fleet shares by weight, falls over, and says how long to wait."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.ports import Reply
from digest.delivery.relays.fleet import PATIENCE_SECONDS, Fleet
from digest.delivery.relays.health import State
from digest.delivery.relays.stock import Grant
from digest.delivery.relays.ticket import Ticket, Wait
from tests.unit.delivery.relays.conftest import SLOWER, TAKEN, relay

THEN = datetime(2026, 12, 3, 12, tzinfo=UTC)


def ticket(answer: Ticket | Wait) -> Ticket:
    assert isinstance(answer, Ticket), answer
    return answer


def wait(answer: Ticket | Wait) -> Wait:
    assert isinstance(answer, Wait), answer
    return answer


def send(fleet: Fleet, number: int, now: float = 1.0, domain: str = "a.example") -> Counter[str]:
    """Send so many, each answered at once; how many went where."""
    sent: Counter[str] = Counter()
    for _ in range(number):
        given_to = ticket(fleet.choose(domain, now))
        given_to.done(now, TAKEN)
        sent[given_to.relay.name] += 1
    return sent


def grow(fleet: Fleet, domain: str, now: float = 1.0) -> None:
    """Let a domain answer promptly until it may use every connection."""
    send(fleet, 200, now, domain)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=5), st.integers(1, 300))
def test_shares_are_at_any_time_within_one_stride_of_the_weights(
    weights: list[int], number: int
) -> None:
    fleet = Fleet([relay(f"r{n}", weight=weight) for n, weight in enumerate(weights)])
    sent = send(fleet, number)
    turns = [sent[f"r{n}"] / weight for n, weight in enumerate(weights)]
    assert max(turns) - min(turns) <= 1 / min(weights) + 1e-9


def test_a_relay_that_comes_back_does_not_catch_up() -> None:
    fleet = Fleet([relay("a"), relay("b")])
    fleet.trouble(fleet.members[0], 1.0, "down")
    assert send(fleet, 500, 2.0) == {"b": 500}
    send(fleet, 1, 10.0)  # the probe
    assert abs(send(fleet, 100, 10.0)["a"] - 50) <= 1


def test_one_relay_in_trouble_leaves_all_to_the_other_and_is_then_probed_by_one_message() -> None:
    fleet = Fleet([relay("a"), relay("b")])
    fleet.trouble(fleet.members[0], 0.0, "421 busy")
    assert send(fleet, 20, 4.9) == {"b": 20}
    tickets = [ticket(fleet.choose("a.example", 5.0)) for _ in range(5)]
    probes = [given_to for given_to in tickets if given_to.relay.name == "a"]
    assert len(probes) == 1
    probes[0].done(5.1, TAKEN)
    assert fleet.members[0].health.state is State.UP


def test_with_all_in_trouble_nothing_goes_until_the_first_may_be_probed() -> None:
    fleet = Fleet([relay("a"), relay("b")])
    for now, member in enumerate(fleet.members):
        fleet.trouble(member, now, "down")
    assert wait(fleet.choose("a.example", 2.0)) == Wait(3.0, domain_only=False)


def test_messages_that_hang_since_before_do_not_keep_the_probe_from_going() -> None:
    fleet = Fleet([relay()])
    grow(fleet, "a.example")
    hanging = [ticket(fleet.choose("a.example", 1.0)) for _ in range(10)]
    fleet.trouble(fleet.members[0], 2.0, "timeout")
    ticket(fleet.choose("b.example", 8.0)).done(8.0, TAKEN)
    assert fleet.members[0].health.state is State.UP
    assert len(hanging) == fleet.members[0].in_flight


def test_a_421_to_the_probe_is_not_taken_for_recovery() -> None:
    fleet = Fleet([relay()])
    fleet.trouble(fleet.members[0], 0.0, "421 busy")
    ticket(fleet.choose("a.example", 5.0)).done(5.0, Reply(421, "4.3.2 closing"))
    assert fleet.members[0].health.state is State.PROBING


def test_a_standby_is_used_only_while_all_others_are_out() -> None:
    fleet = Fleet([relay("a", connections=1), relay("b", connections=1), relay("c", weight=0)])
    held = [ticket(fleet.choose("a.example", 0.0)) for _ in range(2)]
    assert not wait(fleet.choose("a.example", 1.0)).domain_only  # busy is not out
    for given_to in held:
        given_to.returned(1.0)
    fleet.trouble(fleet.members[0], 1.0, "down")
    assert send(fleet, 3, 1.0) == {"b": 3}
    fleet.trouble(fleet.members[1], 1.0, "down")
    assert send(fleet, 5, 2.0) == {"c": 5}
    assert send(fleet, 5, 6.0)["c"] < 5


def test_the_standby_takes_over_when_a_quota_is_used_up() -> None:
    fleet = Fleet([relay("a", per_day=10), relay("b", weight=0)])
    assert wait(fleet.choose("a.example", 0.0)).seconds < 1
    fleet.refill([Grant("a", "", 1, THEN, 3600, spent_for=3600)], 0.0)
    assert send(fleet, 3, 1.0) == {"a": 1, "b": 2}
    assert [standing.state for standing in fleet.standings(1.0)] == ["quota used up", "up"]


def test_a_relay_that_is_only_busy_is_waited_for_but_not_long() -> None:
    fleet = Fleet([relay("a", weight=100, connections=1), relay("b")])
    first = ticket(fleet.choose("a.example", 0.0))
    assert first.relay.name == "a"
    ticket(fleet.choose("b.example", 0.0))
    assert wait(fleet.choose("b.example", 0.0)) == Wait(PATIENCE_SECONDS, domain_only=False)
    assert ticket(fleet.choose("b.example", PATIENCE_SECONDS)).relay.name == "b"


def test_a_rate_per_second_holds_over_all_domains() -> None:
    fleet = Fleet([relay(per_second=10)])
    ticket(fleet.choose("a.example", 0.0)).done(0.0, TAKEN)
    answer = wait(fleet.choose("b.example", 0.0))
    assert answer.seconds == pytest.approx(0.1)
    assert not answer.domain_only
    ticket(fleet.choose("b.example", 0.1))


def test_several_workers_divide_a_rate_also_towards_domains_they_meet_later() -> None:
    fleet = Fleet([relay(per_second=10, each_domain={"per_second": 1})])
    fleet.shared_by(4)
    ticket(fleet.choose("a.example", 0.0)).done(0.0, TAKEN)
    assert wait(fleet.choose("b.example", 0.0)).seconds == pytest.approx(0.4)
    assert wait(fleet.choose("a.example", 1.0)).seconds == pytest.approx(3)
    fleet.shared_by(1)
    ticket(fleet.choose("a.example", 10.0)).done(10.0, TAKEN)
    assert wait(fleet.choose("a.example", 10.0)).seconds == pytest.approx(1)


def test_no_more_in_hand_than_the_connections_take() -> None:
    fleet = Fleet([relay(connections=2)], per_connection=3)
    grow(fleet, "a.example")
    held = [ticket(fleet.choose("a.example", 1.0)) for _ in range(6)]
    assert not wait(fleet.choose("b.example", 1.0)).domain_only
    held[0].done(1.0, TAKEN)
    ticket(fleet.choose("b.example", 1.0))


def test_a_domain_at_its_limit_waits_alone() -> None:
    limits = {"gmail.com": {"connections": 1}, "gmx.de": {"per_second": 1}}
    fleet = Fleet([relay(domains=limits)])
    ticket(fleet.choose("gmail.com", 0.0))
    assert wait(fleet.choose("gmail.com", 0.0)).domain_only
    ticket(fleet.choose("gmx.de", 0.0))
    assert wait(fleet.choose("gmx.de", 0.0)) == Wait(pytest.approx(1), domain_only=True)
    ticket(fleet.choose("web.de", 0.0))


def test_what_one_relay_may_not_send_to_a_domain_another_may() -> None:
    fleet = Fleet([relay("a", domains={"gmail.com": {"per_second": 1}}), relay("b")])
    sent = send(fleet, 50, domain="gmail.com")
    assert sent == {"a": 1, "b": 49}


def test_a_domain_that_throttles_us_at_one_relay_goes_by_the_other_or_waits_alone() -> None:
    fleet = Fleet([relay("a"), relay("b")])
    for _ in range(10):
        for _ in fleet.members:
            ticket(fleet.choose("gmail.com", 0.0)).done(0.0, SLOWER)
    assert wait(fleet.choose("gmail.com", 1.0)) == Wait(59, domain_only=True)
    assert send(fleet, 10, 1.0, "gmx.de")
    ticket(fleet.choose("gmail.com", 60.0))
    ticket(fleet.choose("gmail.com", 60.0))
    assert wait(fleet.choose("gmail.com", 60.0)).domain_only  # one each, carefully


def test_a_domain_that_hangs_leaves_connections_to_the_others() -> None:
    fleet = Fleet([relay(connections=8)])
    hanging = 0
    while isinstance(fleet.choose("tarpit.example", 0.0), Ticket):
        hanging += 1
    assert hanging == 4
    assert send(fleet, 1000, 1.0, "prompt.example")


def test_a_domain_that_becomes_slow_falls_back_to_a_quarter_unless_all_are_slow() -> None:
    fleet = Fleet([relay(connections=8)])
    (member,) = fleet.members
    grow(fleet, "slow.example")
    grow(fleet, "prompt.example")
    ticket(fleet.choose("slow.example", 2.0)).done(42.0, TAKEN)
    assert member.flows["slow.example"].window == 2
    all_slow = Fleet([relay(connections=8)])
    for turn in range(20):
        ticket(all_slow.choose("any.example", turn * 30.0)).done(turn * 30.0 + 15, TAKEN)
    assert all_slow.members[0].flows["any.example"].window == 8


def test_what_was_not_sent_leaves_no_trace() -> None:
    fleet = Fleet([relay(per_second=1, per_hour=10, each_domain={"per_second": 1})])
    fleet.choose("a.example", 0.0)
    fleet.refill([Grant("main", "", 10, THEN, 3600)], 0.0)
    for _ in range(20):
        ticket(fleet.choose("a.example", 0.0)).returned(0.0)
    (member,) = fleet.members
    assert (member.in_flight, member.stock and member.stock.units) == (0, 10)
    ticket(fleet.choose("a.example", 0.0))


def test_needs_are_told_once_asked_for_and_unused_units_come_back() -> None:
    config = relay(per_hour=1000, each_domain={"per_hour": 100})
    fleet = Fleet([config])
    assert fleet.needs(0.0) == []
    fleet.choose("a.example", 0.0)
    assert [(need.domain, need.units) for need in fleet.needs(0.0)] == [("", 50), ("a.example", 5)]
    grants = [Grant("main", need.domain, need.units, THEN, 100) for need in fleet.needs(0.0)]
    fleet.refill(grants, 0.0)
    ticket(fleet.choose("a.example", 0.0)).done(0.0, TAKEN)
    assert fleet.unused(50.0) == []
    left = {unused.domain: unused.units for unused in fleet.unused(50.0, everything=True)}
    assert left == {"": 49, "a.example": 4}


def test_only_when_every_relay_refuses_us_is_a_person_needed() -> None:
    fleet = Fleet([relay("a"), relay("b")])
    fleet.trouble(fleet.members[0], 0.0, "logging in: 535", refused=True)
    assert fleet.all_refused() is None
    fleet.trouble(fleet.members[1], 0.0, "no STARTTLS", refused=True)
    assert fleet.all_refused() == "a: logging in: 535; b: no STARTTLS"
    ticket(fleet.choose("a.example", 300.0)).done(300.0, TAKEN)
    assert fleet.all_refused() is None


def test_each_deferred_message_gets_a_later_place_at_the_domains_own_pace() -> None:
    fleet = Fleet([relay(domains={"gmail.com": {"per_second": 2}})])
    places = [fleet.defer_for("gmail.com", 1.0, 10, 0.0) for _ in range(4)]
    assert places == pytest.approx([6.5, 7, 7.5, 8])
    late = [fleet.defer_for("gmail.com", 1.0, 10, 0.0) for _ in range(20_000)][-1000:]
    assert all(1800 <= place <= 3600 for place in late)


def test_only_changes_are_news() -> None:
    fleet = Fleet([relay("a"), relay("b")])
    assert fleet.news(0.0) == []
    fleet.trouble(fleet.members[0], 0.0, "421 busy")
    (news,) = fleet.news(1.0)
    assert (news.relay, news.state, news.reason, news.retry_in) == (
        "a",
        "backing off",
        "421 busy",
        4,
    )
    assert fleet.news(2.0) == []
    while ticket(answer := fleet.choose("a.example", 5.0)).relay.name != "a":
        pass
    ticket(answer).done(5.0, TAKEN)
    assert [standing.state for standing in fleet.news(5.0)] == ["up"]


def test_domains_that_were_met_are_forgotten_unless_there_is_something_to_remember() -> None:
    fleet = Fleet([relay(domains={"gmail.com": {"per_second": 0.01}})])
    ticket(fleet.choose("gmail.com", 0.0)).done(0.0, TAKEN)
    ticket(fleet.choose("deferring.example", 0.0)).done(0.0, SLOWER)
    for number in range(6000):
        ticket(fleet.choose(f"d{number}.example", 0.0)).done(0.0, TAKEN)
    flows = fleet.members[0].flows
    assert {"gmail.com", "deferring.example"} <= set(flows)
    assert len(flows) < 5001
