"""The computed style of each element: colours, size and height, in the light or dark scheme.

A small part of the CSS cascade, enough for what a mail can use: style sheets by importance,
specificity and order, style attributes, presentational attributes such as `bgcolor`, and
inheritance. The page is assumed to be 640 px wide.
"""

import re
from dataclasses import dataclass, replace

from previews.markup import colours
from previews.markup.colours import BLACK, WHITE, Colour, ColourScheme
from previews.markup.css import Style, declarations, read_sheet, specificity
from previews.markup.html_page import Element, HtmlPage

WIDTH = 640
NORMAL_LINE = 1.2
DARK_CANVAS: Colour = (18, 18, 18)
LINK: Colour = (0, 0, 238)
DARK_LINK: Colour = (158, 158, 255)

_SCALES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67, "small": 0.83, "sub": 0.83}
_BOLD = frozenset({"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"})
_KEYWORDS = {"small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0, "x-small": 10.0}
_ABOUT_WIDTH = re.compile(r"(min|max)-width\s*:\s*(\d+)(?:px)?\s*\)")
_LENGTH = re.compile(r"([\d.]+)(px|pt|em|rem|%)?")


@dataclass(frozen=True)
class ComputedStyle:
    """How one element is drawn; sizes in px. `height` is one line with its padding.

    `ink` is the colour of text, `paper` the background. A `size` of 0 is a common way to avoid
    gaps between inline blocks; elements inside set a size of their own.
    """

    ink: Colour
    paper: Colour
    size: float
    line: float
    bold: bool
    hidden: bool
    display: str
    height: float


def computed_styles(page: HtmlPage, scheme: ColourScheme) -> dict[Element, ComputedStyle]:
    """The style of every element; computed once for each page and scheme."""
    found: dict[Element, ComputedStyle] | None = page.cache.get(scheme)
    if found is None:
        found = page.cache[scheme] = _computed_styles(page, scheme)
    return found


def _computed_styles(page: HtmlPage, scheme: ColourScheme) -> dict[Element, ComputedStyle]:
    authored = _authored(page, scheme)
    dark = scheme is ColourScheme.DARK
    start = ComputedStyle(
        ink=WHITE if dark else BLACK,
        paper=DARK_CANVAS if dark else WHITE,
        size=16.0,
        line=16 * NORMAL_LINE,
        bold=False,
        hidden=False,
        display="block",
        height=0,
    )
    found: dict[Element, ComputedStyle] = {}
    for element in page.elements:
        above = found.get(element.parent, start) if element.parent else start
        link = DARK_LINK if dark else LINK
        found[element] = _computed_style(element, authored.get(element, {}), above, link)
    return found


def has_dark(page: HtmlPage) -> bool:
    """Whether the page has rules for the dark scheme."""
    return any(
        "prefers-color-scheme" in rule.media and "dark" in rule.media
        for media, text in page.style_sheets
        for rule in read_sheet(text, media).rules
    )


def applies(media: str, scheme: ColourScheme) -> bool:
    """Whether a media condition holds on a screen of 640 px in this scheme."""
    if "print" in media and "screen" not in media:
        return False
    if "prefers-color-scheme" in media and scheme.value not in media.partition("scheme")[2]:
        return False
    return all(
        int(width) <= WIDTH if bound == "min" else int(width) >= WIDTH
        for bound, width in _ABOUT_WIDTH.findall(media)
    )


def _authored(page: HtmlPage, scheme: ColourScheme) -> dict[Element, dict[str, str]]:
    """The declared values that win the cascade, for each element."""
    weighed: dict[Element, list[tuple[tuple[object, ...], Style]]] = {}
    order = 0
    for media, text in page.style_sheets:
        for rule in read_sheet(text, media).rules:
            if not applies(rule.media, scheme):
                continue
            for selector in rule.selectors:
                order += 1
                for element in page.select(selector):
                    weighed.setdefault(element, []).extend(
                        ((style.important, 0, specificity(selector), order), style)
                        for style in rule.styles
                    )
    for element in page.elements:
        if inline := element.get("style"):
            weighed.setdefault(element, []).extend(
                ((style.important, 1, (0, 0, 0), 0), style) for style in declarations(inline)
            )
    return {element: _winners(styles) for element, styles in weighed.items()}


def _winners(styles: list[tuple[tuple[object, ...], Style]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for _, style in sorted(styles, key=lambda weighed: weighed[0]):
        found[style.name] = style.value
        if style.name == "padding":
            found.pop("padding-top", None)
            found.pop("padding-bottom", None)
    return found


def _computed_style(
    element: Element, values: dict[str, str], above: ComputedStyle, link: Colour
) -> ComputedStyle:
    size = _size(element, values, above)
    line = _line(values, above, size)
    display = values.get("display", "inline" if element.tag in _INLINE else "block")
    hidden = above.hidden or display == "none" or "hidden" in element.attributes
    hidden = hidden or values.get("visibility") == "hidden"
    own_ink = link if element.tag == "a" and "href" in element.attributes else None
    weight = values.get("font-weight")
    ink = _colour(values.get("color") or element.get("color"))
    return replace(
        above,
        ink=colours.over(*ink, above.paper) if ink else own_ink or above.ink,
        paper=_paper(element, values, above),
        size=size,
        line=line,
        bold=_is_bold(weight) if weight else above.bold or element.tag in _BOLD,
        hidden=hidden,
        display=display,
        height=line + _padding(values, size),
    )


_INLINE = frozenset({"a", "b", "i", "em", "strong", "span", "small", "sub", "sup", "font", "code"})


def _colour(text: str) -> tuple[Colour, float] | None:
    return colours.parse(text.strip()) if text else None


def _paper(element: Element, values: dict[str, str], above: ComputedStyle) -> Colour:
    text = values.get("background-color") or values.get("background") or element.get("bgcolor")
    for word in [text, *text.split()] if text else ():
        if found := _colour(word):
            return colours.over(*found, above.paper)
    return above.paper


def _size(element: Element, values: dict[str, str], above: ComputedStyle) -> float:
    text = values.get("font-size") or _of_shorthand(values.get("font", ""))
    if not text:
        return above.size * _SCALES.get(element.tag, 1.0)
    if text in _KEYWORDS:
        return _KEYWORDS[text]
    return _pixels(text, above.size, fallback=above.size)


def _of_shorthand(text: str) -> str:
    """The size in `font: bold 16px/1.5 Arial`."""
    for word in text.split():
        if _LENGTH.fullmatch(word.partition("/")[0]) and not word.isdigit():
            return word.partition("/")[0]
    return ""


def _line(values: dict[str, str], above: ComputedStyle, size: float) -> float:
    text = values.get("line-height", "")
    if not text:
        return above.line if size == above.size else max(above.line, size * NORMAL_LINE)
    if re.fullmatch(r"[\d.]+", text):
        return float(text) * size
    return _pixels(text, size, fallback=size * NORMAL_LINE)


def _padding(values: dict[str, str], size: float) -> float:
    sides = values.get("padding", "0").split() or ["0"]
    top = values.get("padding-top", sides[0])
    bottom = values.get("padding-bottom", sides[2] if len(sides) > 2 else sides[0])
    return _pixels(top, size, fallback=0) + _pixels(bottom, size, fallback=0)


def _pixels(text: str, base: float, *, fallback: float) -> float:
    match = _LENGTH.fullmatch(text.strip())
    if not match:
        return fallback
    number, unit = float(match[1]), match[2] or "px"
    factors = {"px": 1.0, "pt": 4 / 3, "em": base, "rem": 16.0, "%": base / 100}
    return number * factors[unit]


def _is_bold(weight: str) -> bool:
    return weight in ("bold", "bolder") or (weight.isdigit() and int(weight) >= 600)
