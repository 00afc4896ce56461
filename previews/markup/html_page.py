"""An HTML page as a tree of plain elements; the only file that knows selectolax."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

INVISIBLE = re.compile("[\u00ad\u034f\u061c\u200b-\u200f\u2060\ufeff]")
SILENT = frozenset({"head", "style", "script", "title", "noscript", "template"})


def folded(text: str) -> str:
    """The text with any white space as single spaces, and without invisible characters."""
    return " ".join(INVISIBLE.sub("", text).split())


@dataclass(eq=False)
class Element:
    """One element. `pieces` are its own texts and its children, in order."""

    tag: str
    attributes: dict[str, str | None]
    parent: "Element | None"
    position: int
    pieces: "list[str | Element]" = field(default_factory=list)

    def get(self, name: str) -> str:
        """An attribute's value; empty if it has none."""
        return self.attributes.get(name) or ""

    @property
    def children(self) -> "list[Element]":
        return [piece for piece in self.pieces if isinstance(piece, Element)]

    @cached_property
    def own_text(self) -> str:
        """The text directly in the element, folded."""
        return folded(" ".join(piece for piece in self.pieces if isinstance(piece, str)))

    @cached_property
    def text(self) -> str:
        """All text inside, folded; a block element starts a new word."""
        return folded(self._strings)

    @cached_property
    def _strings(self) -> str:
        return "".join(
            piece if isinstance(piece, str) else piece._spaced
            for piece in self.pieces
            if isinstance(piece, str) or piece.tag not in SILENT
        )

    @property
    def _spaced(self) -> str:
        return f" {self._strings} " if self.tag in _BREAKS else self._strings

    def ancestors(self) -> "Iterator[Element]":
        """The parent, and so on up to the root."""
        above = self.parent
        while above is not None:
            yield above
            above = above.parent

    @property
    def locator(self) -> str:
        """A CSS selector of this one element."""
        steps = [_step(element.tag, element.position) for element in (self, *self.ancestors())]
        return ">".join(reversed(steps))


_BREAKS = frozenset(
    {"p", "div", "td", "th", "tr", "table", "br", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul"}
)


def _step(tag: str, position: int) -> str:
    return tag if tag in ("html", "head", "body") else f"{tag}:nth-child({position})"


class HtmlPage:
    """A parsed page. `cache` holds what others compute from it once."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.cache: dict[object, Any] = {}
        self._parser = LexborHTMLParser(html)
        self._by_id: dict[int, Element] = {}
        root = self._parser.root
        assert root is not None  # the parser makes <html> of anything
        self.root = self._read(root, None, 1)

    def _read(self, node: LexborNode, parent: Element | None, position: int) -> Element:
        element = Element(node.tag or "", dict(node.attributes), parent, position)
        self._by_id[node.mem_id] = element
        at = 0
        for child in node.iter(include_text=True):
            if child.tag == "-text":
                _append_text(element, child.text_content or "")
            elif child.is_element_node:
                at += 1
                if (bare := _bare_span(child)) is not None:
                    _append_text(element, bare)
                else:
                    element.pieces.append(self._read(child, element, at))
        return element

    @cached_property
    def elements(self) -> list[Element]:
        """All elements, in document order."""
        return list(_walk(self.root))

    def named(self, *tags: str) -> list[Element]:
        """The elements of these names, in document order."""
        return [element for element in self.elements if element.tag in tags]

    def select(self, selector: str) -> list[Element]:
        """The elements that a CSS selector matches; none if it cannot be parsed."""
        try:
            nodes = self._parser.css(selector)
        except (SelectolaxError, ValueError):
            return []
        return [self._by_id[node.mem_id] for node in nodes if node.mem_id in self._by_id]

    def find_words(self, words: str) -> Element | None:
        """The innermost element of the body that contains these words, or None."""
        wanted, found = folded(words), None
        inner = [self.body]
        while wanted and (held := next((el for el in inner if wanted in el.text), None)):
            found, inner = held, held.children
        return found

    @cached_property
    def body(self) -> Element:
        """The body element."""
        return next(element for element in self.elements if element.tag == "body")

    @cached_property
    def style_sheets(self) -> list[tuple[str, str]]:
        """(media, CSS) of each style element."""
        return [(el.get("media"), "".join(map(str, el.pieces))) for el in self.named("style")]

    @cached_property
    def links(self) -> list[Element]:
        """The links: `a` and `area` elements with an href, even an empty one."""
        return [el for el in self.named("a", "area") if "href" in el.attributes]


def _bare_span(node: LexborNode) -> str | None:
    """The text of a span without attributes, which only keeps clients from finding a link.

    It is read as part of the text around it.
    """
    if node.tag != "span" or node.attributes:
        return None
    inner = list(node.iter(include_text=True))
    return (
        "".join(n.text_content or "" for n in inner) if all(n.is_text_node for n in inner) else None
    )


def _append_text(element: Element, text: str) -> None:
    if element.pieces and isinstance(element.pieces[-1], str):
        element.pieces[-1] += text
    else:
        element.pieces.append(text)


def with_ids(html: str, ids: Mapping[str, str]) -> str:
    """The page serialised with an id on the element of each locator.

    An inline `display:none` on such an element or its ancestors is removed, so that it shows.
    """
    parser = LexborHTMLParser(html)
    for locator, name in ids.items():
        node = _located(parser.root, locator)
        if node is not None:
            node.attrs["id"] = name
            _reveal(node)
    return parser.html or html


def _located(root: LexborNode | None, locator: str) -> LexborNode | None:
    """The element at a locator, found step by step.

    The locator may come from a URL. As a CSS selector, a crafted one could take minutes.
    """
    first, *steps = locator.split(">")
    node = root if first == "html" else None
    for step in steps:
        elements = [child for child in node.iter() if child.is_element_node] if node else []
        found = (
            child for at, child in enumerate(elements, 1) if _step(child.tag or "", at) == step
        )
        node = next(found, None)
    return node


def _reveal(node: LexborNode | None) -> None:
    while node is not None and node.tag != "body":
        if "display:none" in (node.attributes.get("style") or "").replace(" ", ""):
            node.attrs["style"] = ""
        node = node.parent


def _walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        yield from _walk(child)
