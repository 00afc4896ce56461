"""Contrast is computed for the views that the preview shows, and findings name the view."""

from previews.markup.colours import ColourScheme
from previews.markup.computed_style import computed_styles
from previews.markup.html_page import HtmlPage
from previews.preflight.accessibility import contrast
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding
from previews.preflight.rendered_message import RenderedMessage
from previews.views.client_views import CLIENT_VIEWS
from previews.views.colour_schemes import in_scheme

MEETS_IN_FULL = ("#00ccff", "#14532d")
MEETS_IN_PART = ("#000000", "#ffff00")


def cell(ink: str, paper: str) -> RenderedMessage:
    style = f"color:{ink};background-color:{paper}"
    table = f'<table><tr><td style="{style}">words</td></tr></table>'
    return RenderedMessage("web", page_html=f"<html><head></head><body>{table}</body></html>")


def inverted(letter: RenderedMessage) -> list[Finding]:
    return list(contrast.when_inverted(letter, Facts()))


def test_each_emulation_is_named_and_shown_in_its_view() -> None:
    [full] = inverted(cell(*MEETS_IN_FULL))
    assert full.place.view == "inverted"
    assert full.detail.endswith("inverted in full as in Outlook's mobile apps")
    [part] = inverted(cell(*MEETS_IN_PART))
    assert part.place.view == "half-inverted"
    assert part.detail.endswith("inverted in part as in Gmail's app")
    assert {full.place.view, part.place.view} <= CLIENT_VIEWS.keys()


def test_partial_inversion_names_the_inverted_colours_and_locates_the_written_ones() -> None:
    [part] = inverted(cell(*MEETS_IN_PART))
    assert "#ededed on #ffff00" in part.detail
    assert part.needle == "#000000"


def test_what_is_weak_in_light_is_reported_once() -> None:
    weak = cell("#888888", "#999999")
    assert len(list(contrast.in_light(weak, Facts()))) == 1
    assert inverted(weak) == []


def test_colours_that_a_client_keeps_are_not_inverted() -> None:
    assert inverted(cell("#ffffff", "#166534")) == []


def test_rules_of_the_other_scheme_do_not_count() -> None:
    html = (
        "<html><head><style>p{color:#000}@media (prefers-color-scheme: dark){p{color:#fff}}"
        "</style></head><body><p>words</p></body></html>"
    )
    page = HtmlPage(in_scheme(html, ColourScheme.LIGHT))
    [style] = [
        style for el, style in computed_styles(page, ColourScheme.LIGHT).items() if el.tag == "p"
    ]
    assert style.ink == (0, 0, 0)
