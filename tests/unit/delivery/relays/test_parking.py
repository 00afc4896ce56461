"""What is set aside comes back in order, when its domain's time has come."""

from digest.delivery.relays.parking import Parking


def test_a_domain_comes_back_in_order_when_its_time_has_come() -> None:
    parking: Parking[str] = Parking()
    parking.park("a", "a1", 5, 0)
    parking.park("a", "a2", 1, 0)  # behind a1
    parking.park("b", "b1", 2, 0)
    assert (len(parking), parking.waiting("a"), parking.seconds(0)) == (3, 2, 2)
    assert parking.due(1.9) is None
    assert parking.due(2) == ("b", "b1")
    parking.leave()
    assert parking.due(4) is None
    assert parking.due(5) == ("a", "a1")
    parking.leave()
    assert parking.due(5) == ("a", "a2")
    parking.leave()
    assert (len(parking), parking.seconds(5)) == (0, None)


def test_a_domain_that_must_wait_again_lets_others_by() -> None:
    parking: Parking[str] = Parking()
    parking.park("a", "a1", 1, 0)
    parking.park("b", "b1", 2, 0)
    parking.postpone(10, 1)
    assert parking.due(2) == ("b", "b1")
    parking.leave()
    assert parking.due(10.9) is None
    assert parking.due(11) == ("a", "a1")


def test_what_is_no_longer_wanted_is_taken_out() -> None:
    parking: Parking[str] = Parking()
    for item in ("a1", "a2", "b1"):
        parking.park(item[0], item, 1, 0)
    assert sorted(parking.remove(lambda item: item != "a2")) == ["a1", "b1"]
    assert parking.due(1) == ("a", "a2")
    parking.leave()
    assert parking.due(99) is None
