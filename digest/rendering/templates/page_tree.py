"""Edits of a compiled page, made in its parsed tree.

Words of the content may look like markup: `class="dark"`, `font-size:1px`, `<tbody>`. In the
tree they are text, so no edit of a tag can reach them. The only file of `rendering` that knows
selectolax.
"""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

# The MJML compiler hides the preheader in white on white too, which spam filters count.
_WHITE_ON_WHITE = "font-size:1px;color:#ffffff;"
# Where mail programs find the address in `Otter.ai`, `http://localhost` or `ann@example.org`.
_LINK_LIKE = re.compile(r"(?<=\w)(?:://|\.(?=[^\W\d_]{2}))")
_NO_TEXT = frozenset({"title", "style", "script"})


def edit_page(html: str) -> str:
    """The page without superfluous classes, and with texts that no mail program makes links of.

    Serialised as HTML's standard says: a `<` in the result always begins a tag or a comment.
    """
    parser = LexborHTMLParser(html)
    assert parser.root is not None  # the parser makes <html> of anything
    nodes = list(parser.root.traverse(include_text=True))
    elements = [node for node in nodes if node.is_element_node]
    _drop_classes(elements, _styled_classes(nodes))
    _name_article(parser)
    _colour_preheader(elements)
    for node in nodes:
        if node.is_text_node and _LINK_LIKE.search(node.text_content or ""):
            _keep_from_linking(parser, node)
    return parser.html or ""


def _styled_classes(nodes: list[LexborNode]) -> set[str]:
    """The classes that style elements name, also those in conditional comments."""
    css = [node.text(deep=True) for node in nodes if node.tag == "style"]
    css += [node.comment_content or "" for node in nodes if node.is_comment_node]
    return {name for text in css for name in re.findall(r"\.([A-Za-z_][\w-]*)", text)}


def _drop_classes(elements: list[LexborNode], kept: set[str]) -> None:
    """Drop the classes that no style element uses: their rules are in style attributes by now."""
    for element in elements:
        if (names := element.attributes.get("class")) is None:
            continue
        if left := " ".join(name for name in names.split() if name in kept):
            element.attrs["class"] = left
        else:
            del element.attrs["class"]


def _name_article(parser: LexborHTMLParser) -> None:
    """Screen readers hear the title, where the compiler writes its `"` and `\\` as Rust would."""
    title = parser.css_first("title")
    for article in parser.css("[role=article][aria-label]"):
        article.attrs["aria-label"] = title.text() if title else ""


def _colour_preheader(elements: list[LexborNode]) -> None:
    for element in elements:
        style = element.attributes.get("style") or ""
        if _WHITE_ON_WHITE in style:
            element.attrs["style"] = style.replace(_WHITE_ON_WHITE, "font-size:1px;", 1)
            return


def _keep_from_linking(parser: LexborHTMLParser, node: LexborNode) -> None:
    """Put the dot of `Otter.ai` into an element of its own.

    Gmail and Outlook look for addresses within one text. Unlike an invisible character, an
    element leaves the words whole for copying, searching and screen readers.
    """
    above = node.parent
    while above is not None:
        if above.tag == "a" or above.tag in _NO_TEXT:
            return
        above = above.parent
    text, at = node.text_content or "", 0
    for match in _LINK_LIKE.finditer(text):
        span = parser.create_node("span")
        span.insert_child(match[0])
        node.insert_before(text[at : match.start()])
        node.insert_before(span)
        at = match.end()
    node.replace_with(text[at:])
