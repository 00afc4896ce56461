"""One domain that must wait holds up nobody else, and nothing is lost on the way."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.relays.balancer import Permit, RelayBalancer
from digest.delivery.relays.dispatcher import ASIDE_SECONDS, SHORTEST_DEFERRAL, Dispatcher
from digest.delivery.relays.live_relay import LiveRelay
from tests.unit.delivery.relays.conftest import SLOWER, TAKEN, relay


def domain_of(address: str) -> str:
    return address.partition("@")[2]


def dispatch_of(*relays: object) -> Dispatcher[str]:
    return Dispatcher(RelayBalancer(relays), domain_of)  # type: ignore[arg-type]


def names(domain: str, number: int) -> list[str]:
    return [f"{n}@{domain}" for n in range(number)]


def drain(dispatch: Dispatcher[str], now: float, relay: LiveRelay | None = None) -> list[str]:
    """Send all that may go now, each answered at once."""
    sent = []
    while got := dispatch.next(relay or dispatch.balancer.relays[0], now):
        got[1].done(now, TAKEN)
        sent.append(got[0])
    return sent


def test_without_limits_all_go_in_order() -> None:
    dispatch = dispatch_of(relay())
    dispatch.add(names("a.example", 100))
    assert drain(dispatch, 0.0) == names("a.example", 100)
    assert dispatch.seconds(0.0) is None


def test_others_pass_a_domain_that_must_wait() -> None:
    dispatch = dispatch_of(relay(domains={"gmail.com": {"per_second": 1}}))
    dispatch.add([*names("gmail.com", 10), *names("a.example", 10)])
    assert drain(dispatch, 0.0) == ["0@gmail.com", *names("a.example", 10)]
    assert dispatch.seconds(0.0) == 1
    assert drain(dispatch, 1.0) == ["1@gmail.com"]
    dispatch.add(["new@gmail.com", "new@a.example"])
    assert drain(dispatch, 2.0) == ["2@gmail.com", "new@a.example"]


def test_what_would_wait_too_long_is_deferred_each_to_a_later_second() -> None:
    dispatch = dispatch_of(relay(domains={"gmail.com": {"per_second": 1}}))
    dispatch.add([*names("gmail.com", 100), "1@a.example"])
    assert drain(dispatch, 0.0) == ["0@gmail.com", "1@a.example"]
    deferred = dispatch.deferred()
    seconds = [wait for _, wait in deferred]
    assert len(deferred) == 68  # one is sent, and what goes within half a minute set aside
    assert seconds == sorted(seconds)
    assert ASIDE_SECONDS < seconds[0] < seconds[-1] <= 100
    assert dispatch.deferred() == []


def test_a_domain_that_throttles_us_is_deferred_and_others_continue() -> None:
    dispatch = dispatch_of(relay())
    dispatch.add(names("gmail.com", 10))
    for _ in range(10):
        got = dispatch.next(dispatch.balancer.relays[0], 0.0)
        assert got
        got[1].done(0.0, SLOWER)
    dispatch.add([*names("gmail.com", 300), *names("a.example", 5)])
    assert drain(dispatch, 1.0) == names("a.example", 5)
    assert len(dispatch.deferred()) == 300


def test_an_audience_of_one_domain_is_not_deferred_although_it_starts_carefully() -> None:
    dispatch = dispatch_of(relay())
    dispatch.add(names("a.example", 500))
    live, open_tickets = dispatch.balancer.relays[0], []
    while got := dispatch.next(live, 0.0):
        open_tickets.append(got[1])
    assert len(open_tickets) == 5
    for permit in open_tickets:
        permit.done(0.01, TAKEN)
    assert len(drain(dispatch, 0.1)) == 495
    assert dispatch.deferred() == []


def test_lanes_of_two_relays_get_their_shares_although_only_one_asks() -> None:
    dispatch = dispatch_of(relay("a", weight=3, connections=40), relay("b", connections=40))
    dispatch.add(names("a.example", 40))
    a, b = dispatch.balancer.relays
    assert dispatch.next(a, 0.0)
    for _ in range(14):
        assert dispatch.next(a, 0.0)
    assert dispatch.assigned(b) in (4, 5)


def test_a_relay_in_trouble_hands_what_it_has_not_begun_to_the_other() -> None:
    dispatch = dispatch_of(relay("a"), relay("b"))
    dispatch.add(names("a.example", 8))
    a, b = dispatch.balancer.relays
    first = dispatch.next(b, 0.0)
    assert first
    dispatch.recall(a, 0.0)
    dispatch.balancer.trouble(a, 0.0, "421 busy")
    assert len(dispatch) == 7
    assert sorted([first[0], *drain(dispatch, 0.0, b)]) == names("a.example", 8)
    assert dispatch.next(a, 0.0) is None
    assert a.in_flight == 0


def test_while_the_relay_may_not_send_nothing_is_set_aside_and_the_wait_is_known() -> None:
    dispatch = dispatch_of(relay(per_second=4))
    dispatch.add(names("a.example", 3))
    assert len(drain(dispatch, 0.0)) == 1
    assert dispatch.seconds(0.0) == 0.25
    assert len(drain(dispatch, 0.25)) == 1


def test_enough_at_hand_is_enough_and_what_is_set_aside_does_not_count() -> None:
    dispatch = dispatch_of(relay(domains={"gmail.com": {"per_second": 1}}))
    assert dispatch.lacking(100) == 100
    dispatch.add([*names("gmail.com", 20), *names("a.example", 30)])
    assert dispatch.lacking(100) == 50
    got = dispatch.next(dispatch.balancer.relays[0], 0.0)
    assert got
    assert dispatch.next(dispatch.balancer.relays[0], 0.0)
    assert dispatch.lacking(100) == 71


def test_what_is_withdrawn_frees_its_place() -> None:
    dispatch = dispatch_of(relay("a"), relay("b"))
    dispatch.add([*names("a.example", 6), *names("b.example", 6)])
    a, b = dispatch.balancer.relays
    got = dispatch.next(a, 0.0)
    assert got
    assert dispatch.next(a, 0.0)
    withdrawn = dispatch.withdraw(lambda address: domain_of(address) == "a.example", 0.0)
    assert len(withdrawn) == 4
    assert (a.in_flight, b.in_flight) == (2, 0)
    assert len(drain(dispatch, 1.0)) + len(drain(dispatch, 1.0, b)) == 6


@given(st.data())
def test_every_claim_comes_out_exactly_once(data: st.DataObject) -> None:
    """Whatever the relays and domains do, nothing is lost or handed out twice."""
    limits = {"slow.example": {"per_second": 0.5}, "one.example": {"connections": 1}}
    dispatch = dispatch_of(
        relay("a", connections=3, weight=2, domains=limits), relay("b", connections=2)
    )
    claims = [
        f"{n}@{data.draw(st.sampled_from(['slow.example', 'one.example', 'any.example']))}"
        for n in range(data.draw(st.integers(0, 60)))
    ]
    dispatch.add(claims)
    held: list[Permit] = []
    out: Counter[str] = Counter()
    now = 0.0
    for _ in range(data.draw(st.integers(0, 80))):
        now += data.draw(st.sampled_from([0.0, 0.01, 1.0, 7.0]))
        live = data.draw(st.sampled_from(dispatch.balancer.relays))
        match data.draw(st.sampled_from(["next", "next", "next", "done", "soft", "trouble"])):
            case "next":
                if got := dispatch.next(live, now):
                    assert got[1].relay is live
                    if data.draw(st.booleans()):
                        dispatch.put_back(*got, now)
                    else:
                        out[got[0]] += 1
                        held.append(got[1])
            case "trouble":
                dispatch.recall(live, now)
                dispatch.balancer.trouble(live, now, "down")
            case word if held:
                held.pop().done(now, TAKEN if word == "done" else SLOWER)
    for claim, seconds in dispatch.deferred():
        out[claim] += 1
        assert seconds >= SHORTEST_DEFERRAL
    for claim in dispatch.withdraw(lambda _: True, now):
        out[claim] += 1
    assert out == Counter(claims)
    assert sum(live.in_flight for live in dispatch.balancer.relays) == len(held)
