"""What follows from percent, counts, badges and takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.catalogue.panel import Panel, panel_from_counts, panel_from_verdicts, reconcile_panel
from digest.catalogue.verdict import Verdict


@pytest.mark.parametrize(
    ("percent", "takes", "counts"),
    [
        (75, 4, (3, 1)),
        (100, 4, (4, 0)),
        (0, 3, (0, 3)),
        (50, 3, (None, None)),
        (75, 0, (None, None)),
    ],
)
def test_counts_follow_from_a_percentage_if_they_are_whole(
    percent: int, takes: int, counts: tuple[int | None, int | None]
) -> None:
    panel = Panel(percent).with_takes(takes)
    assert (panel.ship, panel.skip) == counts


@pytest.mark.parametrize(
    ("panel", "verdict"),
    [
        (Panel(51), Verdict.SHIP),
        (Panel(50), Verdict.SPLIT),
        (Panel(49), Verdict.SKIP),
        (Panel(0), Verdict.SKIP),
        (Panel(), Verdict.NO_TAKE),
        (Panel(None, 0, 0), Verdict.NO_TAKE),
        (Panel(50, 1000, 999), Verdict.SHIP),
    ],
)
def test_the_verdict_is_by_the_counts_else_by_the_percentage(
    panel: Panel, verdict: Verdict
) -> None:
    assert panel.verdict is verdict


@given(st.integers(0, 50), st.integers(0, 50))
def test_counts_give_a_percentage_that_rounds_them(ship: int, skip: int) -> None:
    panel = panel_from_counts(ship, skip)
    if ship + skip:
        assert panel.percent is not None
        assert abs(panel.percent - 100 * ship / (ship + skip)) <= 0.5
    else:
        assert panel.percent is None


def test_a_rounded_percentage_is_kept() -> None:
    assert panel_from_counts(2, 1, 66).percent == 66
    assert panel_from_counts(2, 1, 67).percent == 67


def test_the_counts_win_over_percent_and_badge_with_a_warning_each() -> None:
    panel, warnings = reconcile_panel(75, (1, 3), ["Ship"], [])
    assert panel == Panel(25, 1, 3)
    assert panel.verdict is Verdict.SKIP
    assert warnings == [
        "the page says 75%, but 1 ship / 3 skip: the counts win",
        "the badge says Ship, but 1 ship / 3 skip: SKIP",
    ]


def test_a_scorecard_that_contradicts_the_counts_gives_a_warning() -> None:
    panel, warnings = reconcile_panel(75, (3, 1), [], ["ship", "skip", "skip"])
    assert panel == Panel(75, 3, 1)
    assert len(warnings) == 1


def test_a_scorecard_with_only_some_of_the_takes_is_no_contradiction() -> None:
    assert reconcile_panel(75, (3, 1), [], ["ship", "skip"]) == (Panel(75, 3, 1), [])


def test_without_percent_and_counts_the_takes_are_tallied() -> None:
    assert reconcile_panel(None, None, [], ["ship", "skip", "ship"]) == (Panel(67, 2, 1), [])


def test_a_take_without_verdict_is_not_tallied_as_skip() -> None:
    assert panel_from_verdicts(["ship", None]) == Panel()


def test_a_page_without_a_panel_deletes_no_panel() -> None:
    assert Panel(75, 3, 1).revised(Panel(), counts_stated=False) == Panel(75, 3, 1)


def test_known_counts_stay_if_a_page_repeats_only_the_percentage() -> None:
    assert Panel(75, 3, 1).revised(Panel(75), counts_stated=False) == Panel(75, 3, 1)


def test_a_new_percentage_replaces_the_old_counts() -> None:
    assert Panel(75, 3, 1).revised(Panel(50), counts_stated=False) == Panel(50)


def test_counts_from_more_takes_replace_those_from_fewer() -> None:
    assert Panel(50, 1, 1).revised(Panel(50, 2, 2), counts_stated=False) == Panel(50, 2, 2)
    assert Panel(50, 2, 2).revised(Panel(50, 1, 1), counts_stated=False) == Panel(50, 2, 2)
    assert Panel(50, 2, 2).revised(Panel(50, 1, 1), counts_stated=True) == Panel(50, 1, 1)
