"""Contrast is computed in the very views that the preview shows, and says in which."""

from previews.preflight.accessibility import contrast
from previews.preflight.cascade import Scheme, looks
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding
from previews.preflight.letter import Letter
from previews.preflight.page import Page
from previews.views.looks import LOOKS
from previews.views.schemes import Scheme as Asked
from previews.views.schemes import in_scheme

MEETS_IN_FULL = ("#00ccff", "#14532d")
MEETS_IN_PART = ("#000000", "#ffff00")


def cell(ink: str, paper: str) -> Letter:
    style = f"color:{ink};background-color:{paper}"
    table = f'<table><tr><td style="{style}">words</td></tr></table>'
    return Letter("web", page_html=f"<html><head></head><body>{table}</body></html>")


def inverted(letter: Letter) -> list[Finding]:
    return list(contrast.when_inverted(letter, Facts()))


def test_each_emulation_is_told_by_its_name_and_shown_in_its_view() -> None:
    [full] = inverted(cell(*MEETS_IN_FULL))
    assert full.place.look == "inverted"
    assert full.detail.endswith("inverted in full as in Outlook's mobile apps")
    [part] = inverted(cell(*MEETS_IN_PART))
    assert part.place.look == "half-inverted"
    assert part.detail.endswith("inverted in part as in Gmail's app")
    assert {full.place.look, part.place.look} <= LOOKS.keys()


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
    page = Page(in_scheme(html, Asked.LIGHT))
    [look] = [look for el, look in looks(page, Scheme.LIGHT).items() if el.tag == "p"]
    assert look.ink == (0, 0, 0)
