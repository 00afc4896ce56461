"""How a comparison is arranged on its page."""

from datetime import datetime

from digest.catalogue.verdict import verdict_of
from digest.catalogue.views import ComparisonView, ReviewView, ToolView
from digest.services.comparisons.show import ComparisonDetails, comparison_details
from digest.web.http.pages import panel_line
from digest.web.public.side_by_side import decision_rows, scorecard


def take(persona: str | None, quote: str = "because", **facts: object) -> ReviewView:
    given = {"score": None, "verdict": None, **facts}
    return ReviewView(persona=persona, quote=quote, **given)  # type: ignore[arg-type]


def tool(name: str, *reviews: ReviewView, **facts: object) -> ToolView:
    given = dict.fromkeys(ToolView.model_fields) | {"name": name, "short_name": name}
    given |= {"slug": name.lower(), "reviews": reviews} | facts
    return ToolView.model_validate(given | {"verdict": verdict_of(given["panel_ship_percent"])})  # type: ignore[arg-type]


def compare(left: ToolView, right: ToolView, now: datetime) -> ComparisonDetails:
    view = ComparisonView(
        slug="a-vs-b", title="A vs B", left=left, right=right, url=None, first_seen_at=now
    )
    return comparison_details(view)


def cells(view: ComparisonDetails) -> dict[str, tuple[str | None, str | None]]:
    return {row.label: (row.left, row.right) for row in decision_rows(view)}


def test_the_panel_is_shown_as_exactly_as_it_is_known(now: datetime) -> None:
    counted = tool("A", panel_ship_percent=75, ship=3, skip=1)
    uncounted = tool("B", panel_ship_percent=50)
    rows = cells(compare(counted, uncounted, now))
    assert rows["Panel verdict"] == ("SHIP · 3 ship / 1 skip", "SPLIT · 50% ship")
    assert panel_line(counted) == "75% · 3 of 4 ship"
    assert panel_line(uncounted) == "50% ship"
    assert panel_line(tool("C")) == "No panel take yet"


def test_unknown_facts_stay_unknown(now: datetime) -> None:
    rows = decision_rows(compare(tool("A"), tool("B", community="3 votes"), now))
    by_label = {row.label: row for row in rows}
    assert by_label["Community"].left is None
    assert by_label["Community"].none == "No votes yet"
    assert by_label["Community"].right == "3 votes"
    assert by_label["Best for"].none == "Not known"


def test_a_best_for_that_repeats_the_tagline_is_not_shown_again(now: datetime) -> None:
    repeats = tool("A", tagline="Fast agents", best_for="Fast agents")
    own = tool("B", tagline="Slow agents", best_for="Patient people")
    assert cells(compare(repeats, own, now))["Best for"] == (
        "As its tagline says",
        "Patient people",
    )
    assert "Best for" not in cells(compare(repeats, repeats, now))


def test_named_takes_are_side_by_side_in_order_of_appearance(now: datetime) -> None:
    view = compare(
        tool("A", take("Builder"), take("Founder")), tool("B", take("PM"), take("Builder")), now
    )
    rows = scorecard(view).rows
    assert [row.persona for row in rows] == ["Builder", "Founder", "PM"]
    assert [(row.left is None, row.right is None) for row in rows] == [
        (False, False),
        (False, True),
        (True, False),
    ]


def test_with_unnamed_takes_no_persona_is_shown_without_a_take(now: datetime) -> None:
    card = scorecard(compare(tool("A", take("Builder")), tool("B", take(None, inferred=True)), now))
    assert card.rows == ()
    assert (len(card.left), len(card.right)) == (1, 1)
    assert card.unnamed
    assert card.inferred


def test_empty_takes_are_left_out(now: datetime) -> None:
    nothing = ReviewView(persona=None, score=None, verdict=None, quote=None)
    card = scorecard(compare(tool("A", nothing), tool("B", take("PM")), now))
    assert [row.persona for row in card.rows] == ["PM"]


def test_no_takes_at_all_is_an_empty_scorecard(now: datetime) -> None:
    card = scorecard(compare(tool("A"), tool("B"), now))
    assert (card.rows, card.left, card.right, card.unnamed) == ((), (), (), False)
