"""What screen readers rely on: language, headings, tables, alt texts."""

import re
from collections.abc import Iterator

from previews.markup.html_page import Element
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, FindingPlace, error, in_html, warning
from previews.preflight.rendered_message import RenderedMessage

NO_LANGUAGE = error(
    "A11-010",
    "The language is not declared",
    "A screen reader would pronounce the text as another language (WCAG 3.1.1).",
    'Write lang="en" (or the actual language) on <mjml>.',
)
NO_DIRECTION = warning(
    "A11-011",
    "The writing direction is not declared",
    "Mail programs set to Arabic or Hebrew would lay it out from right to left.",
    'Write dir="ltr" (or rtl) on <mjml>.',
)
NO_ALT = error(
    "A11-012",
    "A picture without alt text",
    "With pictures off, or in a screen reader, it says nothing or its file name (WCAG 1.1.1).",
    'Write alt="…"; alt="" for decoration.',
)
POOR_ALT = warning(
    "A11-013",
    "A picture's alt text says nothing",
    "“image” or a file name is no better than none.",
    "Describe what the picture shows.",
)
NO_H1 = error(
    "A11-020",
    "There is not exactly one h1",
    "Screen reader users navigate by headings; the first one names the issue (WCAG 1.3.1).",
    "Print issue.headline in one <h1>.",
)
SKIPPED_LEVEL = error(
    "A11-021",
    "A heading skips a level",
    "It sounds as if a chapter were missing (WCAG 1.3.1).",
    "Use the next level: h2 after h1, h3 after h2.",
)
EMPTY_HEADING = error(
    "A11-022",
    "A heading is empty",
    "A screen reader announces a heading and then nothing.",
    "Leave the heading out if there is no text for it.",
)
LAYOUT_TABLE = error(
    "A11-030",
    'A layout table without role="presentation"',
    "A screen reader would announce rows and columns without meaning (WCAG 1.3.1).",
    'Write role="presentation" on the table, or give a data table <th scope>.',
)
HEADER_CELL = error(
    "A11-031",
    "A header cell without scope, or in a layout table",
    "A screen reader cannot tell which cells it belongs to (WCAG 1.3.1).",
    'Write scope="col" or scope="row" on the <th>.',
)
NO_TITLE = warning(
    "A11-032",
    "The page has no title",
    "The browser and some mail programs show it first (WCAG 2.4.2).",
    "Fill mj-title.",
)


def language(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """The page has lang, dir and a title."""
    if message.page is None:
        return
    root = message.page.root
    if not re.fullmatch(r"[a-zA-Z]{2,3}(-[A-Za-z0-9]+)*", root.get("lang")):
        yield NO_LANGUAGE.found(f"lang is “{root.get('lang')}”", FindingPlace("html", "html"))
    if root.get("dir") not in ("ltr", "rtl", "auto"):
        yield NO_DIRECTION.found("no dir on <html>", FindingPlace("html", "html"))
    if not any(element.own_text for element in message.page.named("title")):
        yield NO_TITLE.found("no <title>, or an empty one", FindingPlace("html", "head"))


def pictures(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Pictures have an alt text that says something."""
    for element in message.page.named("img") if message.page else ():
        alt = element.attributes.get("alt")
        if "alt" not in element.attributes:
            yield NO_ALT.found(element.get("src")[:80], in_html(element), needle=element.get("src"))
        elif alt and re.fullmatch(
            r"(image|picture|photo|logo|img)\W*|.*\.(png|jpe?g|gif|webp)",
            alt.strip(),
            re.IGNORECASE,
        ):
            yield POOR_ALT.found(f"it says “{alt}”", in_html(element), needle=alt)


def headings(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """There is one h1, no level is skipped, and no heading is empty."""
    if message.page is None:
        return
    found = message.page.named("h1", "h2", "h3", "h4", "h5", "h6")
    tops = [element for element in found if element.tag == "h1"]
    if len(tops) != 1:
        place = in_html(tops[1]) if tops else FindingPlace("html", "body")
        yield NO_H1.found(f"there are {len(tops)}", place)
    level = int(found[0].tag[1]) if found else 1
    for element in found:
        depth = int(element.tag[1])
        if depth > level + 1:
            detail = f"h{depth} follows h{level}"
            yield SKIPPED_LEVEL.found(detail, in_html(element), needle=element.text)
        level = depth
        if not element.text and not any(img.get("alt") for img in _within(element, "img")):
            yield EMPTY_HEADING.found(f"an empty <{element.tag}>", in_html(element))


def tables(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """A table is marked as layout, or has header cells with scope."""
    for table in message.page.named("table") if message.page else ():
        cells = [el for el in _within(table, "th") if _table_of(el) is table]
        silent = table.get("role") in ("presentation", "none")
        for cell in cells:
            if silent or not cell.get("scope"):
                yield HEADER_CELL.found(f"<th> “{cell.text[:40]}”", in_html(cell), needle=cell.text)
        if not silent and not cells:
            yield LAYOUT_TABLE.found(f"around “{table.text[:40]}”", in_html(table))


def _within(element: Element, tag: str) -> Iterator[Element]:
    for child in element.children:
        if child.tag == tag:
            yield child
        yield from _within(child, tag)


def _table_of(element: Element) -> Element | None:
    return next((above for above in element.ancestors() if above.tag == "table"), None)


CHECKS = (language, pictures, headings, tables)
