"""Which refusals mean that the relay or the message is the problem, and what ends the suspicion."""

from datetime import UTC, datetime

import pytest

from digest.delivery.ledger.claims import Claim
from digest.delivery.outcomes import outcome_of
from digest.delivery.ports import Reply
from digest.delivery.sending.refusals import RefusalWatch, Suspicion
from digest.delivery.states import MailingKind, Route

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
YES, LATER = "250 2.0.0 ok", "451 4.3.0 later"
DENIED = "554 5.7.1 <reader{}@example.org>: Relay access denied"
BIG, ODD, GONE = "552 5.3.4 too big", "550 {}: no", "550 5.1.1 <reader{}@example.org> unknown user"


class Told:
    """What a watch says to one reply after the other, each to another reader."""

    def __init__(self, alike_in_a_row: int = 4) -> None:
        self.watch = RefusalWatch(alike_in_a_row)
        self._count = 0

    def __call__(
        self, *lines: str, mailing: int = 1, relay: str = "main", alone: bool = False
    ) -> list[Suspicion]:
        return [self._one(line, mailing, relay, alone) for line in lines]

    def suspects(self, *lines: str) -> list[bool]:
        """For each reply, whether the relay is suspected."""
        return [it is Suspicion.RELAY for it in self(*lines)]

    def again(self, line: str) -> Suspicion:
        """The same for one more try of the last reader."""
        self._count -= 1
        return self._one(line, 1, "main", alone=False)

    def _one(self, line: str, mailing: int, relay: str, alone: bool) -> Suspicion:
        self._count += 1
        claim = Claim(
            delivery_id=self._count,
            token="token",
            mailing_id=mailing,
            kind=MailingKind.ISSUE,
            route=Route.RELAY,
            edition="weekly",
            subscriber_id=self._count,
            address=f"reader{self._count}@example.org",
            variant="all",
            message_id="<x@example.org>",
            lease_until=NOW,
        )
        reply = Reply(int(line[:3]), line[4:].format(self._count))
        return self.watch.note(claim, relay, outcome_of(reply), alone=alone)


@pytest.fixture
def told() -> Told:
    return Told()


def test_three_refusals_that_are_about_the_relay_suffice_whatever_their_words(told: Told) -> None:
    other = "550 5.4.5 Daily user sending limit exceeded"
    assert told.suspects(DENIED, other, DENIED) == [False, False, True]


def test_one_suffices_where_nothing_else_can_be_compared(told: Told) -> None:
    assert told(DENIED, alone=True) == [Suspicion.RELAY]
    assert told(YES, DENIED, relay="works", alone=True) == [Suspicion.NONE] * 2


def test_three_alike_about_the_message_and_five_that_nobody_understands(told: Told) -> None:
    assert told.suspects(BIG, BIG, BIG) == [False, False, True]
    assert told.suspects(*[ODD] * 5) == [False] * 4 + [True]


def test_the_reader_in_the_text_does_not_make_replies_differ(told: Told) -> None:
    lines = ["550 <reader{0}@example.org>: computer says no, id {0}7f"] * 5
    assert told.suspects(*lines)[-1]


def test_replies_that_differ_are_not_added_up(told: Told) -> None:
    words = ["ah", "oh", "eh", "uh", "ih", "hm"]
    assert not any(told.suspects(*(f"550 {word}" for word in words)))


def test_each_relay_is_judged_for_itself(told: Told) -> None:
    assert not any(told.suspects(DENIED, DENIED))
    assert told(DENIED, relay="other") == [Suspicion.NONE]


def test_what_is_accepted_in_between_makes_up_for_it(told: Told) -> None:
    assert not any(told.suspects(*[YES, YES, DENIED] * 20))
    assert not any(told.suspects(*[*[YES] * 12, ODD] * 20))
    assert any(told.suspects(*[YES, YES, ODD] * 20))


def test_temporary_replies_say_nothing(told: Told) -> None:
    assert told(*[LATER] * 100) == [Suspicion.NONE] * 100


def test_after_the_limit_one_more_suffices(told: Told) -> None:
    told(DENIED, DENIED, DENIED)
    assert told(DENIED) == [Suspicion.RELAY]


def test_many_readers_in_a_row_with_one_reply_were_not_refused_for_their_own_reasons(
    told: Told,
) -> None:
    assert told(GONE, GONE, GONE, GONE)[-1] is Suspicion.MAILING
    assert told.watch.run_of(1) == [1, 2, 3, 4]


def test_an_acceptance_or_another_reply_ends_the_run(told: Told) -> None:
    full = "552 5.2.2 mailbox full"
    assert told(GONE, GONE, GONE, YES, GONE, GONE, full, GONE) == [Suspicion.NONE] * 8


def test_each_mailing_has_a_run_of_its_own_and_only_one_question(told: Told) -> None:
    assert told(*[GONE] * 3) + told(*[GONE] * 3, mailing=2) == [Suspicion.NONE] * 6
    assert told(GONE) == [Suspicion.MAILING]
    told.watch.run_of(1)
    assert told(*[GONE] * 9) == [Suspicion.NONE] * 9


def test_one_reader_whose_server_refuses_again_and_again_proves_nothing(told: Told) -> None:
    told(YES, DENIED)
    assert [told.again(DENIED) for _ in range(9)] == [Suspicion.NONE] * 9
