"""The arithmetic of the benchmark: ratios within a round, targets, estimates."""

import pytest

from bench.measurement import Measurement, Stopwatch, read_measurement
from bench.report import Target, ratio, sender_table, spread, stage_table, target_table
from bench.targets import FIRST, LAST, OURS, SOURCE, Figures, targets


def measured(seconds: float, work: int = 1_000, cpu: float = 1.0) -> Measurement:
    return Measurement(work, seconds, cpu)


def test_a_ratio_is_taken_within_each_round() -> None:
    ours, theirs = (
        [measured(2), measured(40), measured(4)],
        [measured(1), measured(10), measured(1)],
    )
    found = ratio(ours, theirs)
    assert (found.median, found.least, found.most) == (0.25, 0.25, 0.5)


def test_rounds_that_do_not_match_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratio([measured(1), measured(1)], [measured(1)])


def test_a_spread_shows_least_and_most() -> None:
    assert spread([0.2, 0.1, 0.4]).text() == "0.20 (0.10-0.40)"


@pytest.mark.parametrize(
    ("measured", "at_least", "met"),
    [(0.9, True, True), (0.89, True, False), (0.9, False, True), (0.91, False, False)],
)
def test_a_target_is_met_at_its_limit(measured: float, at_least: bool, met: bool) -> None:
    assert Target("rate", 0.9, at_least, measured).met is met


def test_a_target_without_a_measurement_is_neither_met_nor_missed() -> None:
    assert Target("rate", 0.9, True, None).met is None
    assert "| not measured | - |" in target_table([Target("rate", 0.9, True, None)])
    assert all(target.met is None for target in targets(Figures()))


def test_a_smaller_run_is_scaled_up_and_called_an_estimate() -> None:
    found = targets(Figures(stages={"freeze": measured(1, work=100_000)}))
    [freeze] = [target for target in found if target.what.endswith("SQLite")]
    assert (freeze.measured, freeze.met, freeze.estimated) == (10, True, True)
    assert "| yes, estimated |" in freeze.row()


def test_a_full_run_is_no_estimate() -> None:
    found = targets(Figures(stages={"freeze": measured(21, work=1_000_000)}))
    [freeze] = [target for target in found if target.what.endswith("SQLite")]
    assert (freeze.met, freeze.estimated) == (False, False)


def test_a_sender_is_shown_beside_the_reference() -> None:
    rounds = {SOURCE: [measured(0.5, cpu=0.05)], OURS: [measured(1, cpu=0.1)]}
    [row] = [line for line in sender_table(rounds, SOURCE).splitlines() if OURS in line]
    assert row == f"| {OURS} | 1,000 (1,000-1,000) | 0.50 (0.50-0.50) | 0.100 | - |"


def test_the_last_line_of_a_child_is_its_measurement(capsys: pytest.CaptureFixture[str]) -> None:
    print("something before")
    taken = Stopwatch().measure(7)
    taken.print()
    assert read_measurement(capsys.readouterr().out) == taken


def test_growth_compares_the_cpu_with_many_and_with_few_readers_in_one_turn() -> None:
    few, many = measured(1, cpu=0.1), measured(1, cpu=0.11)
    noisy = (measured(1, cpu=0.3), measured(1, cpu=0.33))
    found = Figures(scale={FIRST: [(few, many), noisy, (few, many)], LAST: []})
    assert found.growth(FIRST) == pytest.approx(1.1)
    assert found.growth(LAST) is None


def test_each_stage_is_shown_with_its_memory() -> None:
    [_, _, export, report] = stage_table(
        {"export": Measurement(1_000_000, 5, 4.5, 99.6), "report": measured(1)}
    ).splitlines()
    assert export == "| export | 1,000,000 | 5.00 | 4.50 | 100 |"
    assert report.endswith("| - |")
