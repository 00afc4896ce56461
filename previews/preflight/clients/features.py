"""Which of caniemail's features a page uses, and the first element that uses each."""

import re
from collections.abc import Iterable, Iterator

from previews.markup.css import Style, declarations, read_sheet
from previews.markup.html_page import Element, HtmlPage
from previews.preflight.clients.support import support

_TAGS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "html-h1-h6"),
    **dict.fromkeys(("ul", "ol", "dl"), "html-lists"),
    **dict.fromkeys(
        [
            "article",
            "aside",
            "details",
            "figcaption",
            "figure",
            "footer",
            "header",
            "main",
            "mark",
            "nav",
            "section",
            "summary",
            "time",
        ],
        "html-semantics",
    ),
    **dict.fromkeys(("map", "area"), "html-image-maps"),
    "iframe": "html-object",
    "embed": "html-object",
}
_PROPERTIES = {
    **dict.fromkeys(("left", "right", "top", "bottom"), "css-left-right-top-bottom"),
    **dict.fromkeys(
        ("grid-template-columns", "grid-template-rows", "grid-template-areas"),
        "css-grid-template",
    ),
    "overflow-x": "css-overflow",
    "overflow-y": "css-overflow",
    "columns": "css-column-count",
}
_FUNCTIONS = {
    "calc": "css-unit-calc",
    "var": "css-variables",
    "min": "css-function-min",
    "max": "css-function-max",
    "clamp": "css-function-clamp",
    "light-dark": "css-function-light-dark",
    "linear-gradient": "css-linear-gradient",
    "radial-gradient": "css-radial-gradient",
    "conic-gradient": "css-conic-gradient",
    "rgb": "css-rgb",
    "rgba": "css-rgba",
    "url": "css-background-image",
    **dict.fromkeys(("lch", "oklch", "lab", "oklab"), "css-modern-color"),
}
_SELECTORS = {
    "css-selector-class": re.compile(r"\.[a-zA-Z_-]"),
    "css-selector-id": re.compile(r"#[a-zA-Z_-]"),
    "css-selector-attribute": re.compile(r"\["),
    "css-selector-child": re.compile(r">"),
    "css-selector-adjacent-sibling": re.compile(r"\+"),
    "css-selector-general-sibling": re.compile(r"~(?!=)"),
    "css-selector-universal": re.compile(r"(^|[\s>+~])\*"),
    "css-selector-descendant": re.compile(r"[\w\])*]\s+[\w.#\[*:]"),
    "css-selector-type": re.compile(r"(^|[\s>+~])[a-zA-Z]"),
    "css-selector-chaining": re.compile(r"[\w\])][.#\[]"),
}
_FAMILIES = ("border", "margin", "padding", "background", "font", "list-style", "text-decoration")
_KINDS = {"jpeg": "jpg", "tif": "tiff"}
_UNIT = re.compile(r"(?<![\w#.-])-?(?:\d+\.?\d*|\.\d+)([a-z]{1,4}|%)")
_IMAGE = re.compile(r"\.(apng|avif|bmp|gif|hdr|heif|ico|jpe?g|mp4|png|svg|tiff?|webp)(?:[?#]|$)")


def used(page: HtmlPage) -> dict[str, Element]:
    """slug → the first element that uses the feature; the body for those in style sheets."""
    found: dict[str, Element] | None = page.cache.get(used)
    if found is None:
        known = support().features
        found = page.cache[used] = {}
        for slug, element in _used(page):
            if slug in known:
                found.setdefault(slug, element)
    return found


def _used(page: HtmlPage) -> Iterator[tuple[str, Element]]:
    if re.match(r"\s*<!doctype", page.html, re.IGNORECASE):
        yield "html-doctype", page.root
    if "<!--" in page.html:
        yield "html-comments", page.root
    seen: set[str] = set()
    for element in page.elements:
        for slug in {*_of_element(element), *_of_styles(declarations(element.get("style")))}:
            if slug not in seen:
                seen.add(slug)
                yield slug, element
    for media, text in page.style_sheets:
        for slug in _of_sheet(text, media):
            yield slug, page.body


def _of_element(element: Element) -> Iterator[str]:
    tag = element.tag
    yield _TAGS.get(tag, f"html-{tag}")
    for name in element.attributes:
        yield f"html-{name}" if name != "loading" else "html-loading-attribute"
    address = element.get("href")
    if address.startswith("#"):
        yield "html-anchor-links"
    elif address.startswith("mailto:"):
        yield "html-mailto-links"
    if tag in ("input", "button"):
        yield f"html-{tag}-{element.get('type') or ('text' if tag == 'input' else 'submit')}"
    if tag == "meta" and element.get("name") == "color-scheme":
        yield "html-meta-color-scheme"
    source = element.get("src")
    if source.startswith("data:"):
        yield "image-base64"
    elif tag in ("img", "source") and (kind := _IMAGE.search(source.lower())):
        yield f"image-{_KINDS.get(kind[1], kind[1])}"


def _of_styles(styles: Iterable[Style]) -> Iterator[str]:
    for style in styles:
        yield from _of_property(style)
        for name in re.findall(r"([a-z-]+)\(", style.value):
            if name in _FUNCTIONS:
                yield _FUNCTIONS[name]
        for unit in _UNIT.findall(style.value):
            yield "css-unit-percent" if unit == "%" else f"css-unit-{unit}"
        if style.important:
            yield "css-important"
        if style.value == "initial":
            yield "css-unit-initial"
        if "system-ui" in style.value:
            yield "css-sytem-ui"


def _of_property(style: Style) -> Iterator[str]:
    name = style.name
    if name.startswith("--"):
        yield "css-variables"
    yield _PROPERTIES.get(name, f"css-{name}")
    for family in _FAMILIES:
        if name.startswith(f"{family}-") and f"css-{name}" not in support().features:
            yield f"css-{family}"
    if name == "display":
        word = style.value.removeprefix("inline-")
        if word in ("flex", "grid", "none"):
            yield f"css-display-{word}"


def _of_sheet(text: str, media: str) -> Iterator[str]:
    sheet = read_sheet(text, media)
    yield from _of_media(media)
    if "/*" in text:
        yield "css-comments"
    for name, condition in sheet.at_rules:
        yield f"css-at-{name}"
        if name == "media":
            yield from _of_media(condition)
    for rule in sheet.rules:
        yield from _of_styles(rule.styles)
        if len(rule.selectors) > 1:
            yield "css-selector-grouping"
        for selector in rule.selectors:
            bare = re.sub(r"\"[^\"]*\"|'[^']*'", "", selector)
            yield from (slug for slug, found in _SELECTORS.items() if found.search(bare))
            for colons, name in re.findall(r"(::?)([a-z-]+)", bare):
                yield f"css-pseudo-{'element' if colons == '::' else 'class'}-{name}"


def _of_media(condition: str) -> Iterator[str]:
    if condition:
        yield "css-at-media"
    for name in ("prefers-color-scheme", "prefers-reduced-motion", "hover", "orientation"):
        if name in condition:
            yield f"css-at-media-{name}"
    if "device-pixel-ratio" in condition:
        yield "css-at-media-device-pixel-ratio"
