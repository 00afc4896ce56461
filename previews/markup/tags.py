"""Rewriting a page tag by tag; everything between the tags stays byte for byte."""

import re
from collections.abc import Callable

_VALUE = r"(?:[^>\"']|\"[^\"]*\"|'[^']*')*"
_PIECE = re.compile(
    rf"<!--.*?-->|(?P<open><style\b{_VALUE}>)(?P<css>.*?)(?P<close></style\s*>)"
    rf"|<script\b.*?</script\s*>|<(?P<name>[a-z][\w:-]*)(?P<attributes>{_VALUE})>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"(\s+)([\w:-]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?")
_DECLARATION = re.compile(r"(?<![\w-])(?P<name>-?[a-z][a-z-]*)\s*:\s*(?P<value>[^;{}\"]*);?", re.I)

Attribute = Callable[[str, str, str], str | None]
Declaration = Callable[[str, str], str | None]


def rewrite(
    html: str,
    *,
    attribute: Attribute | None = None,
    css: Callable[[str], str] | None = None,
    drop: frozenset[str] = frozenset(),
) -> str:
    """The page with each attribute and style sheet passed through a function.

    `attribute` gets (tag, name, value) and returns the new value, or None to remove the
    attribute. Tags named in `drop` are removed; `style` there removes whole style elements.
    """

    def piece(match: re.Match[str]) -> str:
        if match["open"]:
            if "style" in drop:
                return ""
            return match["open"] + (css(match["css"]) if css else match["css"]) + match["close"]
        if not match["name"]:
            return match[0]
        tag = match["name"].lower()
        if tag in drop:
            return ""
        if attribute is None:
            return match[0]
        return f"<{match['name']}{_attributes(tag, match['attributes'], attribute)}>"

    return _PIECE.sub(piece, html)


def _attributes(tag: str, text: str, change: Attribute) -> str:
    def one(match: re.Match[str]) -> str:
        space, name, quoted = match.groups()
        if quoted is None:
            return match[0]
        mark = quoted[0] if quoted[0] in "\"'" else ""
        before = quoted[1:-1] if mark else quoted
        after = change(tag, name.lower(), before)
        if after == before:
            return match[0]
        mark = mark or '"'
        return "" if after is None else f"{space}{name}={mark}{after}{mark}"

    return _ATTRIBUTE.sub(one, text)


def declarations(css: str, change: Declaration) -> str:
    """CSS with each declaration passed through `change(name, value)`; None removes it."""

    def one(match: re.Match[str]) -> str:
        name, value = match["name"].lower(), match["value"]
        after = change(name, value.strip())
        if after is None:
            return ""
        return match[0] if after == value.strip() else match[0].replace(value, after, 1)

    return _DECLARATION.sub(one, css)


def styled(html: str, change: Callable[[str, str, str], str | None]) -> str:
    """The page with each declaration passed through `change(tag, name, value)`.

    In a style sheet the tag is empty: selectors are not evaluated.
    """

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name != "style":
            return value
        return declarations(value, lambda prop, text: change(tag, prop, text))

    def sheet(css: str) -> str:
        return declarations(css, lambda prop, text: change("", prop, text))

    return rewrite(html, attribute=attribute, css=sheet)


def markup_only(html: str, change: Callable[[str], str]) -> str:
    """The page with each tag, comment and whole style element passed through `change`."""
    return _PIECE.sub(lambda match: change(match[0]), html)


def insert_in_head(html: str, prelude: str) -> str:
    """The page with `prelude` at the start of its head, or where a head would start."""
    tags = (piece for piece in _PIECE.finditer(html) if (piece["name"] or "").lower() == "head")
    found = next(tags, None) or _DOCTYPE.search(html)
    end = found.end() if found else 0
    return html[:end] + prelude + html[end:]


_DOCTYPE = re.compile(r"<!doctype\b[^>]*>", re.IGNORECASE)
