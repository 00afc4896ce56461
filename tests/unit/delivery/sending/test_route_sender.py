"""As many connections as the work needs."""

import pytest

from digest.delivery.sending.route_sender import connections_wanted

PLENTY = 1_000_000


def test_slow_commits_ask_for_more_connections_up_to_the_limit() -> None:
    wanted = [connections_wanted(PLENTY, commit, 0.0002, 40) for commit in (0.0001, 0.0003, 0.005)]
    assert wanted == [8, 16, 40]


def test_a_distant_relay_asks_for_more() -> None:
    assert connections_wanted(100, 0.0003, 0.3, 100) == 61
    assert connections_wanted(100, 0.0003, 0.003, 100) == 1


@pytest.mark.parametrize("waiting", [1, 2, 3, 1000])
def test_there_are_never_more_than_messages_or_the_limit_and_never_none(waiting: int) -> None:
    assert 1 <= connections_wanted(waiting, 1.0, 10.0, 4) <= min(waiting, 4)
    assert connections_wanted(waiting, 0.0, 0.0, 4) == 1


def test_without_work_there_are_none() -> None:
    assert connections_wanted(0, 0.001, 0.1, 10) == 0
