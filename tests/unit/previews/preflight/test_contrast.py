"""Contrast is computed in the very views that the preview shows, and says in which."""

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


def test_each_emulation_is_told_by_its_name_and_shown_in_its_view() -> None:
    [full] = inverted(cell(*MEETS_IN_FULL))
    assert full.place.view == "inverted"
    assert full.detail.endswith("inverted in full as in Outlook's mobile apps")
    [part] = inverted(cell(*MEETS_IN_PART))
    assert part.place.view == "half-inverted"
    assert part.detail.endswith("inverted in part as in Gmail's app")
    assert {full.place.view, part.place.view} <= CLIENT_VIEWS.keys()


def test_the_partial_one_names_the_colours_it_makes_and_looks_for_those_that_were_written() -> None:
    [part] = inverted(cell(*MEETS_IN_PART))
    assert "#ededed on #ffff00" in part.detail
    assert part.needle == "#000000"


def test_what_is_weak_by_light_already_is_told_once() -> None:
    weak = cell("#888888", "#999999")
    assert len(list(contrast.in_light(weak, Facts()))) == 1
    assert inverted(weak) == []


def test_what_a_client_leaves_alone_is_not_turned() -> None:
    assert inverted(cell("#ffffff", "#166534")) == []


def test_rules_of_the_scheme_that_nobody_asked_for_do_not_count() -> None:
    html = (
        "<html><head><style>p{color:#000}@media (prefers-color-scheme: dark){p{color:#fff}}"
        "</style></head><body><p>words</p></body></html>"
    )
    page = HtmlPage(in_scheme(html, ColourScheme.LIGHT))
    [look] = [
        look for el, look in computed_styles(page, ColourScheme.LIGHT).items() if el.tag == "p"
    ]
    assert look.ink == (0, 0, 0)
