"""Pages in layouts A and B, whole, odd, cut and wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.catalogue.pages.text_page import PARTS_B, read_text_page
from digest.catalogue.panel import Panel
from tests.unit.catalogue.building import card_a, page_a, page_b, read, refusal, take_b

ROWS = "\n".join(
    [
        "Builder",
        take_b(80, "ship", "Good · at 98/98 and `100%`"),
        take_b(70, "ship", "Fine"),
        "PM",
        "No panel take",
        take_b(30, "skip", "Poor"),
    ]
)


def test_layout_a_has_values_before_their_labels() -> None:
    left, right = read(page_a(card_a("Ash"), card_a("Birch", "50%", entry="Paid"))).tools
    assert (left.name, left.panel) == ("Ash", Panel(75))
    assert (right.name, right.panel) == ("Birch", Panel(50))
    assert {name: fact.value for name, fact in right.facts.items()} == {
        "category": "Testing",
        "tagline": "What Birch does",
        "entry": "Paid",
        "description": "More about Birch.",
    }


def test_names_may_contain_colon_ampersand_and_vs() -> None:
    page = read(page_a(card_a("A vs B: Runs & More"), card_a("C vs D")))
    assert [tool.name for tool in page.tools] == ["A vs B: Runs & More", "C vs D"]


def test_a_title_that_is_not_the_two_names_is_refused_with_its_line() -> None:
    problem = refusal(page_a(card_a("Ash"), card_a("Birch"), title="Ash vs Beech"))
    assert problem.line == 2
    assert "title" in problem.message


def test_layout_a_attributes_no_take_by_itself() -> None:
    page = read(page_a(card_a("Ash"), card_a("Birch"), ["one", "two"]))
    assert [take.quote for take in page.unattributed] == ["one", "two"]
    assert not page.left.takes


def test_a_take_may_have_paragraphs() -> None:
    page = read(page_a(card_a("Ash"), card_a("Birch"), ["one\n\nmore", "two"]))
    assert [take.quote for take in page.unattributed] == ["one\n\nmore", "two"]


def test_a_line_outside_of_quotes_is_refused() -> None:
    text = page_a(card_a("Ash"), card_a("Birch"), ["one"]).replace("“one”", "one")
    assert refusal(text).message == "expected a take in curly quotes"


def test_a_take_without_a_closing_quotation_mark_is_refused() -> None:
    text = page_a(card_a("Ash"), card_a("Birch"), ["one"]).replace("“one”", "“one")
    assert refusal(text).message == "a take's closing quote is missing"


@pytest.mark.parametrize("none", ["—", ""])
def test_a_missing_value_in_a_card_is_none(none: str) -> None:
    left = card_a("Ash", none, community=none, entry=none, tagline=none, description=none)
    page = read(page_a(left, card_a("Birch")))
    assert page.left.panel == Panel()
    assert set(page.left.facts) == {"category"}


def test_community_votes_are_kept_in_the_words_of_the_page() -> None:
    page = read(page_a(card_a("Ash", community="0"), card_a("Birch", community="62%")))
    assert page.left.facts["community"].value == "0"
    assert page.right.facts["community"].value == "62%"


def test_a_description_of_several_paragraphs_is_kept_whole() -> None:
    page = read(page_a(card_a("Ash", description="One.\n\nTwo."), card_a("Birch")))
    assert page.left.facts["description"].value == "One.\n\nTwo."


def test_every_fact_has_its_line() -> None:
    page = read(page_a(card_a("Ash"), card_a("Birch")))
    assert page.left.facts["entry"].location.line == 11
    assert page.right.facts["entry"].location.line == 21


def test_layout_b_gives_personas_scores_and_verdicts() -> None:
    left, right = read(page_b(rows=ROWS)).tools
    assert [(t.persona, t.score, t.verdict) for t in left.takes] == [("Builder", 80, "ship")]
    assert [(t.persona, t.score, t.verdict) for t in right.takes] == [
        ("Builder", 70, "ship"),
        ("PM", 30, "skip"),
    ]
    assert left.takes[0].quote == "Good · at 98/98 and `100%`"


def test_layout_b_gives_counts_pricing_and_best_for() -> None:
    left, right = read(page_b()).tools
    assert (left.panel, left.counts_stated) == (Panel(75, 3, 1), True)
    assert (right.panel, right.counts_stated) == (Panel(50, 2, 2), True)
    assert left.facts["pricing"].value == "Free for ever"
    assert left.facts["best_for"].value == left.facts["tagline"].value
    assert right.facts["best_for"].value == "Everyone"
    assert "community" not in left.facts


@given(st.data())
def test_blank_lines_outside_of_the_decision_table_are_ignored(data: st.DataObject) -> None:
    above, table = page_b(rows=ROWS).split("Decision\n")
    table, below = table.split("Reviewer scorecard")
    blanks = st.integers(1, 3).map(lambda count: "\n" * count)
    spread = [
        "".join(line + data.draw(blanks) for line in part.split("\n") if line)
        for part in (above, "Reviewer scorecard" + below)
    ]
    again = read(spread[0] + "Decision\n" + table + spread[1])
    assert [tool.takes[0].quote for tool in again.tools] == ["Good · at 98/98 and `100%`", "Fine"]
    assert [tool.panel for tool in again.tools] == [Panel(75, 3, 1), Panel(50, 2, 2)]


def test_counts_win_over_badge_and_percentage() -> None:
    text = page_b(table={"Panel verdict": ("Ship · 1 ship / 3 skip", "—")})
    reading = read_text_page("page.txt", text)
    assert reading.page
    assert reading.page.left.panel == Panel(25, 1, 3)
    assert reading.page.right.panel == Panel(50)
    assert {problem.severity for problem in reading.problems} == {"warning"}
    assert len(reading.problems) == 3


def test_an_unknown_badge_gives_a_warning() -> None:
    reading = read_text_page("page.txt", page_b(badges=("Mixed", "Split")))
    assert reading.page
    assert reading.page.left.facts["tagline"].value == "What Ash does"
    assert ["Mixed" in problem.message for problem in reading.problems] == [True]


def test_a_blank_cell_is_recognised_by_its_line() -> None:
    left_only = page_b(table={"Pricing": ("Free", "")})
    right_only = page_b(table={"Pricing": ("", "Dear")})
    assert "pricing" not in read(left_only).right.facts
    assert read(left_only).left.facts["pricing"].value == "Free"
    assert "pricing" not in read(right_only).left.facts
    assert read(right_only).right.facts["pricing"].value == "Dear"


def test_a_cell_that_could_belong_to_either_tool_is_refused() -> None:
    text = page_b().replace("Free for ever\nA lot\n", "Free for ever\n")
    assert "nothing shows for which tool" in refusal(text).message


def test_a_category_that_differs_within_the_page_is_refused() -> None:
    text = page_b(table={"Category": ("Testing", "Toys")})
    assert "'Toys'" in refusal(text).message


def test_a_decision_table_with_other_names_is_refused() -> None:
    text = page_b().replace("Decision\nAsh\nBirch", "Decision\nAsh\nBeech")
    assert "decision table" in refusal(text).message


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("Builder\n80/100 · ship\nGood", "lacks a cell"),
        ("Builder\n180/100 · ship\nGood\nNo panel take", "a score goes to 100"),
        ("80/100 · ship\nGood\nNo panel take", "expected one persona"),
        ("Stray\nBuilder\n80/100 · ship\nGood\nNo panel take", "expected one persona"),
        ("Builder\nNo panel take\nGood\nNo panel take", "text after 'No panel take'"),
        ("Just some text", "expected a persona and two cells"),
        ("x" * 90 + "\nNo panel take\nNo panel take", "found a longer text"),
    ],
)
def test_a_broken_scorecard_is_refused(rows: str, message: str) -> None:
    problem = refusal(page_b(rows=rows))
    assert message in problem.message
    assert problem.line is not None


def test_a_score_without_verdict_or_quote_is_a_take() -> None:
    left = read(
        page_b(rows="Builder\n80/100\nNo panel take\nPM\n55/100 · skip\nNo panel take")
    ).left
    assert [(t.persona, t.score, t.verdict, t.quote) for t in left.takes] == [
        ("Builder", 80, None, None),
        ("PM", 55, "skip", None),
    ]


@pytest.mark.parametrize("text", ["Hello\nworld", "<html>", "Ash vs Birch\nAI tool comparison"])
def test_an_unknown_layout_is_an_error_with_its_line(text: str) -> None:
    problem = refusal(text)
    assert problem.line == 1
    assert "unknown layout" in problem.message


@given(st.integers(0, 700))
def test_a_page_cut_anywhere_is_refused_until_its_content_is_whole(kept: int) -> None:
    text = page_b(rows=ROWS)
    content_ends = text.index("New tools all the time.")
    reading = read_text_page("page.txt", text[: min(kept, content_ends)])
    assert reading.page is None
    assert reading.problems[-1].severity == "error"
    assert reading.read + reading.unread in (list(PARTS_B), list(_parts_a()))


def _parts_a() -> tuple[str, ...]:
    return tuple(part for part in PARTS_B if part != "decision table")


def test_the_parts_read_of_a_cut_page_are_reported() -> None:
    text = page_b(rows=ROWS)
    reading = read_text_page("page.txt", text[: text.index("Reviewer scorecard")])
    assert reading.read == ["title", "left card", "right card"]
    assert reading.unread == ["decision table", "scorecard", "closing lines"]


@pytest.mark.parametrize("percent", ["101%", "9999%"])
def test_a_percentage_above_a_hundred_is_refused(percent: str) -> None:
    assert (
        "is not a percentage up to 100"
        in refusal(page_a(card_a("Ash", percent), card_a("Birch"))).message
    )


def test_a_name_that_is_too_long_is_refused() -> None:
    assert "name" in refusal(page_a(card_a("A" * 300), card_a("Birch"))).message


@given(st.text(max_size=300))
def test_no_text_crashes_the_reader(text: str) -> None:
    assert read_text_page("page.txt", text).page is None
    read_text_page("page.txt", page_a(card_a("Ash"), card_a("Birch", description=text or "x")))


def test_a_category_or_tagline_may_repeat_the_name() -> None:
    left = card_a("Ash", category="Ash")
    right = card_a("Birch", tagline="Birch")
    page = read(page_a(left, right))
    assert page.left.facts["category"].value == "Ash"
    assert page.left.facts["tagline"].value == "What Ash does"
    assert page.right.facts["tagline"].value == "Birch"
    assert page.left.facts["description"].value == "More about Ash."
