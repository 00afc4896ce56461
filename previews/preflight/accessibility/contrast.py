"""Contrast of every text with what is behind it: light, dark as authored, and inverted."""

from collections.abc import Callable, Iterator

from previews.preflight.cascade import Look, Scheme, has_dark, looks
from previews.preflight.colours import Colour, contrast, hexadecimal, inverted
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, Rule, error
from previews.preflight.letter import Letter

ENOUGH, ENOUGH_IF_LARGE = 4.5, 3.0
LARGE, LARGE_IF_BOLD = 24.0, 18.66

_FIX = "Darken the text or lighten what is behind it: {what} in shared/{file}."

LIGHT = error(
    "A11-001",
    "Text with too little contrast",
    "4.5:1 is needed, 3:1 for large text (WCAG 2.2, 1.4.3): many cannot read less, nobody in "
    "the sun.",
    _FIX.format(what="the colours", file="inline.css"),
)
DARK = error(
    "A11-002",
    "Text with too little contrast in the dark scheme",
    "Apple Mail and Outlook's apps use the dark colours that the template gives.",
    _FIX.format(what="the rule for the dark scheme", file="dark.mjml.j2"),
)
INVERTED = error(
    "A11-003",
    "Text with too little contrast when colours are inverted",
    "Gmail and Outlook turn colours by themselves and ask nobody; the emulation turns each "
    "channel.",
    "Choose colours whose opposites differ as much.",
)


def in_light(letter: Letter, facts: Facts) -> Iterator[Finding]:
    """As designed."""
    yield from _weak(letter, Scheme.LIGHT, LIGHT, lambda colour: colour)


def in_dark(letter: Letter, facts: Facts) -> Iterator[Finding]:
    """With the author's dark colours, if there are any."""
    if letter.page is not None and has_dark(letter.page):
        yield from _weak(letter, Scheme.DARK, DARK, lambda colour: colour)


def when_inverted(letter: Letter, facts: Facts) -> Iterator[Finding]:
    """The light colours turned; what is weak in light already is not told again."""
    told = {finding.place for finding in in_light(letter, facts)}
    for finding in _weak(letter, Scheme.LIGHT, INVERTED, inverted):
        if finding.place not in told:
            yield finding


def _weak(
    letter: Letter, scheme: Scheme, rule: Rule, turned: Callable[[Colour], Colour]
) -> Iterator[Finding]:
    """Each pair of colours once."""
    if letter.page is None:
        return
    told: set[tuple[Colour, Colour]] = set()
    for element, look in looks(letter.page, scheme).items():
        pair = turned(look.ink), turned(look.paper)
        if look.hidden or not look.size or pair in told or not element.own_text:
            continue
        if element.tag in ("title", "style", "script") or contrast(*pair) >= _enough(look):
            continue
        told.add(pair)
        ink, paper = map(hexadecimal, pair)
        detail = f"{contrast(*pair):.1f}:1, {ink} on {paper}"
        yield rule.found(detail, element.place, needle=hexadecimal(look.ink))


def _enough(look: Look) -> float:
    large = look.size >= LARGE or (look.bold and look.size >= LARGE_IF_BOLD)
    return ENOUGH_IF_LARGE if large else ENOUGH


CHECKS = (in_light, in_dark, when_inverted)
