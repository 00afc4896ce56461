"""Sizes of text and of links, and the text of links."""

import re
from collections.abc import Iterable, Iterator

from previews.markup.colours import ColourScheme
from previews.markup.computed_style import ComputedStyle, computed_styles
from previews.markup.html_page import Element
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, error, in_html, warning
from previews.preflight.rendered_message import RenderedMessage

SMALLEST_TEXT = 14.0
TARGET, LEAST_TARGET = 44.0, 24.0

SMALL_TEXT = error(
    "A11-040",
    "Text smaller than 14 px",
    "On a phone it cannot be read without zooming.",
    "Use at least 14 px.",
)
TINY_TARGET = error(
    "A11-041",
    "A stand-alone link is lower than 24 px",
    "It is hard to tap (WCAG 2.2, 2.5.8).",
    "Give it padding and display: inline-block.",
)
SMALL_TARGET = warning(
    "A11-042",
    "A stand-alone link is lower than 44 px",
    "24 px is the minimum, 44 px is comfortable (WCAG 2.2, 2.5.5).",
    "Give it padding and display: inline-block.",
)
VAGUE_LINK = error(
    "A11-050",
    "A link's text does not say where it leads",
    "Screen readers list links without the surrounding text (WCAG 2.4.4); “click here” also "
    "costs points with filters.",
    "Name the target: “Compare A and B in full”.",
)
SILENT_LINK = error(
    "A11-051",
    "A link without text",
    "It cannot be heard, nor seen with pictures off (WCAG 2.4.4).",
    "Give it text, or its picture an alt text.",
)
AMBIGUOUS_LINK = warning(
    "A11-052",
    "The same link text leads to different pages",
    "In a list of links they cannot be distinguished (WCAG 2.4.9).",
    "Make the texts differ.",
)

_WRAPS = frozenset({"span", "b", "strong", "em", "i", "font", "small"})
_VAGUE = re.compile(
    r"(click|tap|press)?\s*(here|this|this link|link|more|read more|learn more|see more|details|"
    r"continue|go|more info)\s*[.…»→>!]*",
    re.IGNORECASE,
)


def text_sizes(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """At least 14 px for all visible text."""
    if message.page is None:
        return
    reported: set[float] = set()
    for element, style in computed_styles(message.page, ColourScheme.LIGHT).items():
        if style.hidden or not element.own_text or element.tag in ("title", "style", "script"):
            continue
        if style.size < SMALLEST_TEXT and style.size not in reported:
            reported.add(style.size)
            detail = f"{style.size:g} px"
            yield SMALL_TEXT.found(detail, in_html(element), needle=f"font-size: {style.size:g}px")


def targets(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Height of stand-alone links; one in a sentence is exempt (WCAG 2.5.8)."""
    if message.page is None:
        return
    found = computed_styles(message.page, ColourScheme.LIGHT)
    reported: set[float] = set()
    for element in message.page.links:
        style = found[element]
        height = _height(element, style)
        if style.hidden or not element.text or _in_sentence(element) or height >= TARGET:
            continue
        if height not in reported:
            reported.add(height)
            rule = TINY_TARGET if height < LEAST_TARGET else SMALL_TARGET
            yield rule.found(f"{height:g} px", in_html(element), needle=element.text)


def link_words(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Link text says where the link leads, and differs for different targets."""
    if message.page is None:
        return
    seen: dict[str, str] = {}
    for element in message.page.links:
        words, address = _name(element), element.get("href")
        if not words:
            yield SILENT_LINK.found(f"to {address[:60]}", in_html(element), needle=address)
        elif _VAGUE.fullmatch(words):
            yield VAGUE_LINK.found(f"“{words}”", in_html(element), needle=words)
        elif seen.setdefault(words.lower(), address) != address:
            yield AMBIGUOUS_LINK.found(f"“{words}”", in_html(element))


def _name(element: Element) -> str:
    pictures = [child.get("alt") for child in _descendants(element) if child.tag == "img"]
    return element.text or element.get("aria-label") or " ".join(filter(None, pictures))


def _descendants(element: Element) -> Iterator[Element]:
    for child in element.children:
        yield child
        yield from _descendants(child)


def _height(element: Element, style: ComputedStyle) -> float:
    """Vertical padding of an inline link does not count: clients treat it differently."""
    return style.line if style.display == "inline" else style.height


def _in_sentence(element: Element) -> bool:
    """Whether there is text beside it on its line; separators and other links do not count."""
    if "display" in element.get("style"):
        return False
    while element.parent is not None and element.parent.tag in _WRAPS:
        element = element.parent
    if element.parent is None:
        return False
    pieces = element.parent.pieces
    at = next(place for place, piece in enumerate(pieces) if piece is element)
    around = [*_beside(reversed(pieces[:at])), *_beside(pieces[at + 1 :])]
    return len(re.sub(r"[\W\d_]+", "", "".join(around))) > 3


def _beside(pieces: Iterable[str | Element]) -> Iterator[str]:
    """The texts up to the next block or line break."""
    for piece in pieces:
        if isinstance(piece, str):
            yield piece
        elif piece.tag in _WRAPS:
            yield piece.text
        elif piece.tag != "a":
            return


CHECKS = (text_sizes, targets, link_words)
