"""What is set aside comes back in order, when its domain's time has come."""

from digest.delivery.relays.domain_queues import DomainQueues


def test_a_domain_comes_back_in_order_when_its_time_has_come() -> None:
    queues: DomainQueues[str] = DomainQueues()
    queues.add("a", "a1", 5, 0)
    queues.add("a", "a2", 1, 0)  # behind a1
    queues.add("b", "b1", 2, 0)
    assert (len(queues), queues.waiting("a"), queues.seconds(0)) == (3, 2, 2)
    assert queues.due(1.9) is None
    assert queues.due(2) == ("b", "b1")
    queues.pop()
    assert queues.due(4) is None
    assert queues.due(5) == ("a", "a1")
    queues.pop()
    assert queues.due(5) == ("a", "a2")
    queues.pop()
    assert (len(queues), queues.seconds(5)) == (0, None)


def test_a_domain_that_must_wait_again_lets_others_by() -> None:
    queues: DomainQueues[str] = DomainQueues()
    queues.add("a", "a1", 1, 0)
    queues.add("b", "b1", 2, 0)
    queues.postpone(10, 1)
    assert queues.due(2) == ("b", "b1")
    queues.pop()
    assert queues.due(10.9) is None
    assert queues.due(11) == ("a", "a1")


def test_what_is_no_longer_wanted_is_taken_out() -> None:
    queues: DomainQueues[str] = DomainQueues()
    for item in ("a1", "a2", "b1"):
        queues.add(item[0], item, 1, 0)
    assert sorted(queues.remove(lambda item: item != "a2")) == ["a1", "b1"]
    assert queues.due(1) == ("a", "a2")
    queues.pop()
    assert queues.due(99) is None
