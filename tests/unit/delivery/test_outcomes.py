"""What a reply means, and when to try again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.outcomes import final_for_test, outcome_of, retry_delay
from digest.delivery.ports import Reply
from digest.delivery.states import DeliveryState


@pytest.mark.parametrize(
    ("reply", "state", "dead"),
    [
        (Reply(250, "2.0.0 ok"), DeliveryState.ACCEPTED, False),
        (Reply(251, "will forward"), DeliveryState.ACCEPTED, False),
        (Reply(450, "4.2.1 greylisted"), DeliveryState.DEFERRED, False),
        (Reply(452, "4.2.2 mailbox full"), DeliveryState.DEFERRED, False),
        (Reply(550, "5.1.1 no such user"), DeliveryState.REJECTED, True),
        (Reply(550, "5.1.2 no such domain"), DeliveryState.REJECTED, True),
        (Reply(550, "5.1.6 mailbox has moved"), DeliveryState.REJECTED, True),
        (Reply(550, "5.1.10 null MX"), DeliveryState.REJECTED, True),
        (Reply(553, "5.1.3 bad address syntax"), DeliveryState.REJECTED, True),
        (Reply(450, "4.1.1 try later"), DeliveryState.DEFERRED, False),
        (Reply(550, "5.7.1 spam"), DeliveryState.DEFERRED, False),
        (Reply(552, "5.2.2 mailbox full"), DeliveryState.REJECTED, False),
        (Reply(550, "no such user"), DeliveryState.REJECTED, True),
        (Reply(550, "5.1.11 unheard of"), DeliveryState.REJECTED, False),
    ],
)
def test_a_reply_leads_to_one_state(reply: Reply, state: DeliveryState, dead: bool) -> None:
    outcome = outcome_of(reply)
    assert (outcome.state, outcome.dead_address) == (state, dead)


def test_a_refusal_about_the_relay_is_not_charged_to_the_reader() -> None:
    outcome = outcome_of(Reply(554, "5.7.1 <ann@example.org>: Relay access denied"))
    assert (outcome.state, outcome.charged) == (DeliveryState.DEFERRED, False)
    assert outcome.wait == timedelta(minutes=5)


def test_a_refusal_of_a_test_mail_is_final_because_an_editor_waits_for_it() -> None:
    for text in ("5.7.1 Relay access denied", "5.3.4 too big"):
        assert final_for_test(outcome_of(Reply(554, text))).state is DeliveryState.REJECTED
    later = outcome_of(Reply(451, "4.3.0 later"))
    assert final_for_test(later) == later


def test_the_waits_are_those_that_are_documented() -> None:
    waits = [retry_delay(attempt, 0.5) for attempt in range(1, 8)]
    minutes = [wait / timedelta(minutes=1) for wait in waits]
    assert minutes == [5, 15, 45, 120, 240, 480, 480]


@given(st.integers(1, 50), st.floats(0, 1, exclude_max=True))
def test_the_spread_is_at_most_a_fifth(attempts: int, chance: float) -> None:
    middle = retry_delay(attempts, 0.5)
    assert middle * 0.8 <= retry_delay(attempts, chance) <= middle * 1.2


def test_a_reply_with_line_breaks_is_shown_on_one_line() -> None:
    assert str(Reply(550, "5.1.1 no\r\nsuch\nuser")) == "550 5.1.1 no such user"
