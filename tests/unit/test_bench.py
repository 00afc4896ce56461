"""The benchmark's arithmetic: ratios within a round, targets, and what is not claimed."""

import pytest

from bench.report import Target, ratio, sender_table, spread, stage_table, target_table
from bench.taken import Taken, Watch, read_taken
from bench.targets import FIRST, LAST, OURS, SOURCE, Figures, targets


def took(seconds: float, work: int = 1_000, cpu: float = 1.0) -> Taken:
    return Taken(work, seconds, cpu)


def test_a_ratio_is_taken_within_each_round() -> None:
    ours, theirs = [took(2), took(40), took(4)], [took(1), took(10), took(1)]
    found = ratio(ours, theirs)
    assert (found.median, found.least, found.most) == (0.25, 0.25, 0.5)


def test_rounds_that_do_not_match_are_no_ratio() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratio([took(1), took(1)], [took(1)])


def test_a_spread_shows_its_ends() -> None:
    assert spread([0.2, 0.1, 0.4]).text() == "0.20 (0.10-0.40)"


@pytest.mark.parametrize(
    ("measured", "at_least", "met"),
    [(0.9, True, True), (0.89, True, False), (0.9, False, True), (0.91, False, False)],
)
def test_a_target_is_met_at_its_limit(measured: float, at_least: bool, met: bool) -> None:
    assert Target("rate", 0.9, at_least, measured).met is met


def test_what_was_not_measured_is_not_claimed() -> None:
    assert Target("rate", 0.9, True, None).met is None
    assert "| not measured | - |" in target_table([Target("rate", 0.9, True, None)])
    assert all(target.met is None for target in targets(Figures()))


def test_a_smaller_run_is_scaled_up_and_called_an_estimate() -> None:
    found = targets(Figures(stages={"freeze": took(1, work=100_000)}))
    [freeze] = [target for target in found if target.what.endswith("SQLite")]
    assert (freeze.measured, freeze.met, freeze.estimated) == (10, True, True)
    assert "| yes, estimated |" in freeze.row()


def test_a_full_run_is_no_estimate() -> None:
    found = targets(Figures(stages={"freeze": took(21, work=1_000_000)}))
    [freeze] = [target for target in found if target.what.endswith("SQLite")]
    assert (freeze.met, freeze.estimated) == (False, False)


def test_a_sender_is_shown_beside_the_reference() -> None:
    rounds = {SOURCE: [took(0.5, cpu=0.05)], OURS: [took(1, cpu=0.1)]}
    [row] = [line for line in sender_table(rounds, SOURCE).splitlines() if OURS in line]
    assert row == f"| {OURS} | 1,000 (1,000-1,000) | 0.50 (0.50-0.50) | 0.100 | - |"


def test_a_childs_last_line_is_what_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    print("something before")
    taken = Watch().taken(7)
    taken.print()
    assert read_taken(capsys.readouterr().out) == taken


def test_growth_is_the_cpu_among_many_by_that_among_few_in_the_same_turn() -> None:
    few, many = took(1, cpu=0.1), took(1, cpu=0.11)
    noisy = (took(1, cpu=0.3), took(1, cpu=0.33))
    found = Figures(scale={FIRST: [(few, many), noisy, (few, many)], LAST: []})
    assert found.growth(FIRST) == pytest.approx(1.1)
    assert found.growth(LAST) is None


def test_each_stage_is_told_with_its_memory() -> None:
    [_, _, export, report] = stage_table(
        {"export": Taken(1_000_000, 5, 4.5, 99.6), "report": took(1)}
    ).splitlines()
    assert export == "| export | 1,000,000 | 5.00 | 4.50 | 100 |"
    assert report.endswith("| - |")
