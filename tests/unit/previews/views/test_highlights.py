"""An element can be highlighted in any view, even if hidden; a crafted selector does no harm."""

import pytest

from previews.markup.html_page import HtmlPage
from previews.views.client_views import CLIENT_VIEWS
from previews.views.highlights import highlight_id, line_of, with_highlights

MAIL = (
    "<!doctype html><html><head><title>t</title></head><body>"
    '<div style="display: none"><span>preheader</span></div>'
    "<!--[if mso]><table><tr><td><![endif]--><table><tr><td>cell</td></tr></table></body></html>"
)
CELL = "html>body>table:nth-child(2)>tbody:nth-child(1)>tr:nth-child(1)>td:nth-child(1)"
HIDDEN = "html>body>div:nth-child(1)>span:nth-child(1)"
TEXT = "Verdicts\n\nA week of tools,\nand  one\nmore.\n"


def test_the_locator_of_an_element_highlights_that_element() -> None:
    [cell] = HtmlPage(MAIL).named("td")
    assert cell.locator == CELL
    assert f'<td id="{highlight_id(CELL)}">cell</td>' in with_highlights(MAIL, [CELL])


@pytest.mark.parametrize("view", CLIENT_VIEWS)
def test_it_stays_highlighted_in_every_client_view(view: str) -> None:
    assert f'id="{highlight_id(CELL)}"' in CLIENT_VIEWS[view].draw(with_highlights(MAIL, [CELL]))


def test_several_elements_are_highlighted_at_once() -> None:
    html = with_highlights(MAIL, [CELL, HIDDEN])
    assert html.count('id="spot-') == 2
    assert highlight_id(CELL) != highlight_id(HIDDEN)


def test_a_hidden_element_is_shown_when_highlighted() -> None:
    assert "display: none" not in with_highlights(MAIL, [HIDDEN])
    assert "display: none" in with_highlights(MAIL, [CELL])


@pytest.mark.parametrize(
    "spot",
    [
        "",
        "no such",
        "p{}</style><script>",
        ">>",
        "html>body>p",
        "html>body>table:nth-child(1)",
        "html>body>div:nth-child(" + "9" * 5000 + ")",
    ],
)
def test_a_locator_without_an_element_highlights_nothing(spot: str) -> None:
    html = with_highlights(MAIL, [spot])
    assert 'id="spot-' not in html
    assert "<script>" not in html


@pytest.mark.parametrize("spot", ["td", "html>body *:has(span)", "html body>div:nth-child(1)"])
def test_a_selector_that_is_not_a_locator_is_never_evaluated(spot: str) -> None:
    """With `:has` it could be written so that it runs for minutes."""
    assert 'id="spot-' not in with_highlights(MAIL, [spot])


def test_an_element_with_an_outlook_namespace_is_found_too() -> None:
    html = "<html><body><o:p>x</o:p></body></html>"
    [element] = HtmlPage(html).named("o:p")
    assert f'<o:p id="{highlight_id(element.locator)}">' in with_highlights(html, [element.locator])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("Verdicts", 1),
        ("A week", 3),
        ("of tools, and one more", 3),
        ("one more.", 4),
        ("more", 5),
        ("elsewhere", None),
        ("", None),
    ],
)
def test_words_are_found_in_the_line_where_they_start(words: str, line: int | None) -> None:
    assert line_of(TEXT, words) == line
