"""Contrast of every text with what is behind it: light, dark as authored, and inverted."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from previews.markup.colours import Colour, ColourScheme, contrast, hexadecimal
from previews.markup.computed_style import ComputedStyle, computed_styles, has_dark
from previews.markup.html_page import HtmlPage
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, Rule, error, in_html
from previews.preflight.rendered_message import RenderedMessage
from previews.views.inversion import inverted_colour, partly_inverted

ENOUGH, ENOUGH_IF_LARGE = 4.5, 3.0
LARGE, LARGE_IF_BOLD = 24.0, 18.66

LIGHT = error(
    "A11-001",
    "Text with too little contrast",
    "4.5:1 is required, 3:1 for large text (WCAG 2.2, 1.4.3): many people cannot read less.",
    "Darken the text or lighten its background: the colours in shared/inline.css.",
)
DARK = error(
    "A11-002",
    "Text with too little contrast in the dark scheme",
    "Apple Mail and Outlook's apps use the template's dark colours.",
    "Darken the background or lighten the text: the rule for the dark scheme in "
    "shared/dark.mjml.j2.",
)
INVERTED = error(
    "A11-003",
    "Text with too little contrast when colours are inverted",
    "Outlook's mobile apps invert every colour; Gmail's app inverts light backgrounds and dark "
    "text. Both ignore the template's dark colours. Both are emulated as in the preview's views "
    "of these names.",
    "Choose colours that keep their contrast when inverted; look at the view named.",
)


def in_light(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Contrast in the light colours."""
    if message.page is not None:
        yield from _weak(message.page, ColourScheme.LIGHT, LIGHT, "light")


def in_dark(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Contrast in the template's dark colours, if it has any."""
    if message.page is not None and has_dark(message.page):
        yield from _weak(message.page, ColourScheme.DARK, DARK, "dark")


def when_inverted(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Contrast under both inversions; what is weak in light is not reported again."""
    if message.page is None:
        return
    reported = {finding.place.spot for finding in in_light(message, facts)}
    for finding in _weak(message.page, ColourScheme.LIGHT, INVERTED, "inverted", inverted_colour):
        if finding.place.spot not in reported:
            yield finding
    for finding in _weak(
        HtmlPage(partly_inverted(message.page.html)), ColourScheme.LIGHT, INVERTED, "half-inverted"
    ):
        if finding.place.spot not in reported:
            yield replace(finding, needle=_written(message.page, finding.place.spot))


def _weak(
    page: HtmlPage,
    scheme: ColourScheme,
    rule: Rule,
    view: str,
    inverted: Callable[[Colour], Colour] = lambda colour: colour,
) -> Iterator[Finding]:
    """Each weak pair of colours once."""
    reported: set[tuple[Colour, Colour]] = set()
    for element, drawn in computed_styles(page, scheme).items():
        pair = inverted(drawn.ink), inverted(drawn.paper)
        if drawn.hidden or not drawn.size or pair in reported or not element.own_text:
            continue
        if element.tag in ("title", "style", "script") or contrast(*pair) >= _enough(drawn):
            continue
        reported.add(pair)
        ink, paper = map(hexadecimal, pair)
        detail = f"{contrast(*pair):.1f}:1, {ink} on {paper}{_EMULATED.get(view, '')}"
        place = replace(in_html(element), view=view)
        yield rule.found(detail, place, needle=hexadecimal(drawn.ink))


def _written(page: HtmlPage, spot: str) -> str:
    """The text colour as the templates have it."""
    light = computed_styles(page, ColourScheme.LIGHT)
    return next((hexadecimal(light[el].ink) for el in light if el.locator == spot), "")


_EMULATED = {
    "inverted": ", inverted in full as in Outlook's mobile apps",
    "half-inverted": ", inverted in part as in Gmail's app",
}


def _enough(style: ComputedStyle) -> float:
    large = style.size >= LARGE or (style.bold and style.size >= LARGE_IF_BOLD)
    return ENOUGH_IF_LARGE if large else ENOUGH


CHECKS = (in_light, in_dark, when_inverted)
