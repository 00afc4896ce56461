"""Selection is a pure rule: every candidate gets one reason."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.catalogue.verdict import verdict_of
from digest.catalogue.views import ComparisonView, ToolView
from digest.issues.selection import History, Rules, ordinal, select_items
from tests.conftest import NOW

DAY = timedelta(days=1)


def tool(name: str, percent: int | None = 75) -> ToolView:
    unknown = dict.fromkeys(
        (
            "category",
            "tagline",
            "entry",
            "pricing",
            "best_for",
            "description",
            "community",
            "url",
            "ship",
            "skip",
        )
    )
    return ToolView(
        slug=name,
        name=name,
        short_name=name,
        panel_ship_percent=percent,
        verdict=verdict_of(percent),
        **unknown,
    )


def pair(
    left: str,
    right: str,
    *,
    seen: datetime = NOW - DAY,
    percent: int | None = 75,
    withdrawn: str | None = None,
) -> ComparisonView:
    return ComparisonView(
        slug=f"{left}-vs-{right}",
        title=f"{left} vs {right}",
        left=tool(left, percent),
        right=tool(right),
        url=None,
        first_seen_at=seen,
        withdrawn_at=NOW if withdrawn else None,
        withdrawn_reason=withdrawn,
    )


def rules(**changes: object) -> Rules:
    return Rules(**{"cutoff_at": NOW, "max_items": 8, "max_age_days": 60, **changes})  # type: ignore[arg-type]


def included(found: list[ComparisonView], rule: Rules, history: History | None = None) -> list[str]:
    decisions = select_items(found, rule, history or History())
    return [decision.slug for decision in decisions if decision.included]


@pytest.mark.parametrize(
    ("candidate", "rule", "history", "reason"),
    [
        (pair("a", "b"), rules(), History(), "included as 1st"),
        (pair("a", "b", withdrawn="it was wrong"), rules(), History(), "withdrawn: it was wrong"),
        (pair("a", "b"), rules(), History(carried={"a-vs-b": "sent in #41"}), "sent in #41"),
        (
            pair("a", "b"),
            rules(exclusions=frozenset({"a-vs-b"})),
            History(),
            "excluded by the editor",
        ),
        (pair("a", "b", seen=NOW + DAY), rules(), History(), "after the cut-off"),
        (pair("a", "b", seen=NOW - 61 * DAY), rules(), History(), "older than 60 days"),
        (pair("a", "b"), rules(max_items=0), History(), "below the cap of 0, next time"),
    ],
)
def test_the_reason_for_one_candidate(
    candidate: ComparisonView, rule: Rules, history: History, reason: str
) -> None:
    [decision] = select_items([candidate], rule, history)
    assert decision.reason == reason
    assert decision.included == reason.startswith("included")


def test_first_seen_exactly_at_the_cut_off_is_in() -> None:
    assert included([pair("a", "b", seen=NOW)], rules()) == ["a-vs-b"]


def test_newer_days_go_before_older_ones() -> None:
    found = [pair("a", "b", seen=NOW - 3 * DAY), pair("c", "d", seen=NOW - DAY)]
    assert included(found, rules()) == ["c-vs-d", "a-vs-b"]


def test_within_a_day_a_split_or_flipped_verdict_goes_first() -> None:
    found = [pair("a", "b"), pair("c", "d"), pair("e", "f", percent=50)]
    history = History(flipped=frozenset({"d"}))
    assert included(found, rules(), history) == ["c-vs-d", "e-vs-f", "a-vs-b"]


def test_comparisons_that_share_a_tool_stand_together() -> None:
    found = [
        pair("x", "a", seen=NOW - DAY),
        pair("p", "q", seen=NOW - 2 * DAY),
        pair("x", "b", seen=NOW - 3 * DAY),
    ]
    assert included(found, rules()) == ["x-vs-a", "x-vs-b", "p-vs-q"]


def test_the_cap_is_by_rank_before_grouping() -> None:
    found = [
        pair("x", "a", seen=NOW - DAY),
        pair("p", "q", seen=NOW - 2 * DAY),
        pair("x", "b", seen=NOW - 3 * DAY),
    ]
    assert included(found, rules(max_items=2)) == ["x-vs-a", "p-vs-q"]


def test_the_editor_s_order_goes_before_all() -> None:
    found = [pair("x", "a"), pair("x", "b"), pair("p", "q", seen=NOW - 9 * DAY)]
    order = ("p-vs-q", "x-vs-b")
    assert included(found, rules(order=order)) == ["p-vs-q", "x-vs-b", "x-vs-a"]


names = st.sampled_from("abcdefgh")
moments = st.integers(-70, 5).map(lambda days: NOW + days * DAY)
candidates = st.lists(
    st.builds(
        lambda left, right, seen, percent: pair(left, f"{right}2", seen=seen, percent=percent),
        names,
        names,
        moments,
        st.sampled_from([None, 0, 25, 50, 75, 100]),
    ),
    unique_by=lambda view: view.slug,
)


@given(candidates, st.integers(0, 8))
def test_every_candidate_is_decided_once_and_positions_count_up(
    found: list[ComparisonView], most: int
) -> None:
    decisions = select_items(found, rules(max_items=most), History())
    assert sorted(d.slug for d in decisions) == sorted(view.slug for view in found)
    assert all(d.reason for d in decisions)
    taken = [d.position for d in decisions if d.included]
    assert taken == list(range(1, len(taken) + 1))
    assert len(taken) <= most


@given(candidates, st.randoms(use_true_random=False))
def test_the_order_in_which_candidates_come_does_not_matter(
    found: list[ComparisonView], random: "object"
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert included(found, rules()) == included(shuffled, rules())


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (21, "21st")],
)
def test_ordinals(number: int, text: str) -> None:
    assert ordinal(number) == text
