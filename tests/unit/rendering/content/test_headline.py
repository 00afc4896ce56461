from datetime import UTC, date, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.catalogue.verdict import Verdict, verdict_of
from digest.catalogue.views import ComparisonView, ToolView
from digest.rendering.content.headline import (
    headline_for,
    minutes_to_read,
    preheader_for,
    sentence_for,
    subject_for,
)
from digest.rendering.content.issue_content import Card, Flip, Side
from tests.unit.rendering.content.test_quotes import tool as bare_tool


def tool(
    name: str, percent: int | None, ship: int | None = None, skip: int | None = None
) -> ToolView:
    return bare_tool().model_copy(
        update={
            "slug": name.lower(),
            "name": name,
            "short_name": name.partition(":")[0],
            "panel_ship_percent": percent,
            "ship": ship,
            "skip": skip,
            "verdict": verdict_of(percent),
        }
    )


def versus(left: ToolView, right: ToolView) -> ComparisonView:
    return ComparisonView(
        slug=f"{left.slug}-{right.slug}",
        title=f"{left.name} vs {right.name}",
        left=left,
        right=right,
        url=None,
        first_seen_at=datetime(2026, 12, 1, tzinfo=UTC),
    )


CLAUDE = tool("Claude 4 API: Tool Use Streaming & Prompt Caching", 100, 4, 0)
SMOL = tool("SmolAgents 2.0", 75, 3, 1)
HAIKU = tool("Haiku", 50)
LLAMA = tool("Code Llama 4", 25, 1, 3)
ISSUE = [versus(CLAUDE, SMOL), versus(CLAUDE, HAIKU), versus(CLAUDE, LLAMA)]
FLIP = Flip(
    name="Haiku", before=Verdict.SHIP, after=Verdict.SPLIT, on=date(2026, 12, 1), why="A month on."
)


def test_the_subject_leads_with_the_new_tool_and_adds_another_verdict() -> None:
    assert subject_for(ISSUE) == "SmolAgents 2.0 ships 3–1; Haiku splits"


def test_a_flip_leads_the_subject() -> None:
    assert subject_for(ISSUE, [FLIP]).startswith("Haiku flips to split; ")


def test_a_skip_reads_as_a_skip() -> None:
    assert subject_for([versus(LLAMA, HAIKU)]).startswith("Code Llama 4 skipped 3–1")


def test_unknown_counts_are_left_out() -> None:
    assert subject_for([versus(tool("One", 75), tool("Two", 50))]) == "One ships; Two splits"


def test_without_any_panel_the_subject_says_so() -> None:
    assert subject_for([versus(tool("One", None), tool("Two", None))]) == "No take yet on One"


def test_the_preheader_names_verdicts_that_the_subject_does_not() -> None:
    preheader = preheader_for(ISSUE, subject_for(ISSUE))
    assert "Code Llama 4 skipped 3–1" in preheader
    assert "Claude 4 API ships 4–0" in preheader
    assert "SmolAgents" not in preheader
    assert "Haiku" not in preheader


def test_the_headline_has_room_for_full_names() -> None:
    assert headline_for(ISSUE) == "SmolAgents 2.0 ships 3–1, Haiku splits"


LONG = tool("A tool whose name leaves little room", 25)


def test_the_headline_names_the_tools_of_the_subject_in_any_order() -> None:
    """Not the next one, for which only the headline has room."""
    cards = [versus(CLAUDE, SMOL), versus(CLAUDE, LONG), versus(CLAUDE, LLAMA)]
    for order in permutations(cards):
        lead, _, other = subject_for(order).partition("; ")
        assert headline_for(order).startswith(lead.partition("…")[0])
        assert headline_for(order).endswith(f", {other}")


def test_a_long_name_is_shortened_in_the_headline_and_the_second_tool_stays() -> None:
    long = tool("x" * 90, 75, 3, 1)
    assert headline_for([versus(long, HAIKU)]) == f"{'x' * 55}… ships 3–1, Haiku splits"


def test_the_sentence_counts_comparisons_and_verdicts() -> None:
    assert sentence_for(ISSUE) == (
        "Three new comparisons: the panel ships two tools, splits on one and skips one."
    )
    assert sentence_for(ISSUE[:1], [FLIP]) == (
        "One new comparison: the panel ships two tools. One verdict changed since the last issue."
    )


def test_minutes_are_counted_from_what_is_printed() -> None:
    side = Side(tool=SMOL, quotes=())
    card = Card(slug="x", title="A vs B", category=None, left=side, right=side)
    assert minutes_to_read([card]) == 1
    assert minutes_to_read([card], [], "word " * 500) == 3


tools = st.builds(
    tool,
    st.text(min_size=1, max_size=80).filter(lambda name: name.partition(":")[0].split()),
    st.sampled_from([None, 0, 25, 50, 75, 100]),
    st.one_of(st.none(), st.integers(0, 50)),
    st.one_of(st.none(), st.integers(0, 50)),
)


@given(st.lists(st.builds(versus, tools, tools), min_size=1, max_size=8))
def test_subject_and_preheader_always_keep_their_lengths(cards: list[ComparisonView]) -> None:
    subject = subject_for(cards)
    assert 0 < len(subject) <= 50
    assert "\n" not in subject
    assert 40 <= len(preheader_for(cards, subject)) <= 90
    assert len(headline_for(cards)) <= 80


@pytest.mark.parametrize("name", ["A name that is far too long for any subject line at all", "Foo"])
def test_the_verdict_stands_within_the_first_33_characters(name: str) -> None:
    subject = subject_for([versus(tool(name, 75, 3, 1), tool("Bar", None))])
    assert "ships" in subject[:33]
