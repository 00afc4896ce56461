"""Which rejections count as identical, and what ends a run of them."""

from digest.delivery.outcomes import outcome_of
from digest.delivery.ports import Reply
from digest.delivery.sending.outcome_handler import RejectionRuns


def runs(*replies: tuple[int, str], mailings: tuple[int, ...] = (1,)) -> list[int]:
    """What three identical rejections in a row lead to, for each reply."""
    counted = RejectionRuns(3)
    return [
        counted.note(mailing, outcome_of(Reply(*reply)))
        for reply in replies
        for mailing in mailings
    ]


def test_identical_codes_count_although_the_texts_name_different_readers() -> None:
    texts = ["5.7.1 <ann@example.org> blocked", "5.7.1 <ben@example.org> blocked", "5.7.1"]
    assert runs(*((550, text) for text in texts)) == [0, 0, 3]


def test_other_codes_start_the_count_again() -> None:
    assert (
        runs((550, "5.7.1 no"), (550, "5.7.1 no"), (550, "5.1.1 no"), (550, "5.7.1 no")) == [0] * 4
    )


def test_without_an_enhanced_code_the_first_word_distinguishes_replies() -> None:
    assert runs((550, "Blocked"), (550, "Blocked"), (550, "Unknown user")) == [0] * 3
    assert runs((550, "Blocked a"), (550, "Blocked b"), (550, "Blocked c")) == [0, 0, 3]


def test_an_acceptance_ends_a_run_and_a_deferral_does_not() -> None:
    no, later, yes = (550, "5.7.1 no"), (451, "4.3.0 later"), (250, "2.0.0 ok")
    assert runs(no, no, yes, no, no) == [0] * 5
    assert runs(no, no, later, no) == [0, 0, 0, 3]


def test_each_mailing_has_a_run_of_its_own_and_starts_again_after_it() -> None:
    no = (550, "5.7.1 no")
    assert runs(no, no, no, no, mailings=(1, 2)) == [0, 0, 0, 0, 3, 3, 0, 0]
