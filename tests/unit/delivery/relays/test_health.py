"""A relay in trouble is left alone by all, then tried by one."""

from digest.delivery.relays.health import Health, HealthState


def test_each_failure_after_a_probe_waits_longer_and_then_five_minutes_at_a_time() -> None:
    health, now, waits = Health(), 0.0, []
    for _ in range(6):
        health.failed(now, "down")
        waits.append(health.until - now)
        now = health.until
        health.probe()
    assert waits == [5, 15, 60, 300, 300, 300]


def test_many_connections_that_fail_together_are_one_incident() -> None:
    health = Health()
    for lane in range(10):
        health.failed(lane / 100, "down")
    assert health.until == 5


def test_a_reply_ends_the_trouble() -> None:
    health = Health()
    health.failed(0, "down")
    health.probe()
    health.worked()
    assert (health.state, health.reason) == (HealthState.UP, None)
    health.failed(100, "down")
    assert health.until == 105


def test_a_refusal_waits_longest_even_within_a_back_off() -> None:
    health = Health()
    health.failed(0, "connection refused")
    health.failed(1, "logging in: 535", refused=True)
    assert (health.until, health.refused, health.reason) == (301, True, "logging in: 535")
    health.failed(2, "connection refused")
    assert (health.until, health.refused) == (301, True)
