from digest.catalogue.verdict import Verdict
from digest.catalogue.views import ReviewView, ToolView
from digest.rendering.content.quotes import choose_quotes


def tool(*reviews: ReviewView) -> ToolView:
    return ToolView(
        slug="x",
        name="Tool X",
        short_name="X",
        category=None,
        tagline=None,
        entry=None,
        pricing=None,
        best_for=None,
        description=None,
        community=None,
        url=None,
        panel_ship_percent=75,
        ship=3,
        skip=1,
        verdict=Verdict.SHIP,
        reviews=reviews,
    )


def take(
    persona: str | None, score: int | None, verdict: str | None, quote: str | None = "A take."
) -> ReviewView:
    return ReviewView(persona=persona, score=score, verdict=verdict, quote=quote)


def test_the_best_ship_and_the_lowest_skip_are_quoted() -> None:
    quotes = choose_quotes(
        tool(
            take("Builder", 74, "ship"),
            take("Skeptic", 40, "skip"),
            take("Futurist", 77, "ship"),
            take("PM", 30, "skip"),
        )
    )
    assert [(q.persona, q.score, q.verdict) for q in quotes] == [
        ("Futurist", 77, "ship"),
        ("PM", 30, "skip"),
    ]


def test_a_unanimous_panel_is_quoted_from_both_ends() -> None:
    quotes = choose_quotes(
        tool(take("A", 82, "ship"), take("B", 88, "ship"), take("C", 79, "ship"))
    )
    assert [q.persona for q in quotes] == ["B", "C"]


def test_without_scores_the_first_takes_are_quoted_unattributed() -> None:
    quotes = choose_quotes(
        tool(take("Builder", None, None), take(None, None, "ship"), take(None, 3, None))
    )
    assert [(q.persona, q.score, q.verdict) for q in quotes] == [(None, None, None)] * 2


def test_a_take_without_a_quote_is_not_quoted() -> None:
    assert choose_quotes(tool(take("Builder", 74, "ship", None))) == ()


def test_a_single_take_is_quoted_once() -> None:
    assert len(choose_quotes(tool(take("Builder", 74, "ship")))) == 1


def test_quotes_are_excerpts() -> None:
    (quote,) = choose_quotes(tool(take("Builder", 74, "ship", "word " * 100)))
    assert len(quote.text) <= 200
    assert quote.tool == "Tool X"
