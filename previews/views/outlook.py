"""How classic Outlook for Windows, which uses Word's engine, reads a page.

The approximation: conditional comments on `mso` apply and those for other clients are removed,
and so are media queries and the declarations that Word ignores (caniemail.com).
"""

import re

import tinycss2
from tinycss2.ast import AtRule

from previews.markup.tags import insert_in_head, rewrite, styled

VERSION = 16
_REVEALED = re.compile(
    r"<!--\[if ([^\]]+)\]>\s*<!-->?(?:-->)?(.*?)<!--\s*<!\[endif\]-->", re.DOTALL | re.IGNORECASE
)
_HIDDEN = re.compile(r"<!--\[if ([^\]]+)\]>(.*?)<!\[endif\]-->", re.DOTALL | re.IGNORECASE)
_SETTINGS = re.compile(r"<xml>.*?</xml>", re.DOTALL | re.IGNORECASE)
_COMPARED = re.compile(r"(gte|lte|gt|lt)\s+mso\s+(\d+)")
_IGNORED = frozenset(
    {
        "animation",
        "background-image",
        "background-position",
        "background-repeat",
        "background-size",
        "border-radius",
        "box-shadow",
        "float",
        "max-width",
        "min-width",
        "object-fit",
        "opacity",
        "overflow",
        "position",
        "text-shadow",
        "transform",
    }
)
_CELLS = ("td", "th", "table", "")
_URL = re.compile(r"url\([^)]*\)", re.IGNORECASE)
_FONT = "<style>body{font-family:'Times New Roman',serif}</style>"


def as_outlook(html: str) -> str:
    """The page as Word's engine reads it."""
    branch = _HIDDEN.sub(_branch, _REVEALED.sub(_branch, html))
    plain = rewrite(_SETTINGS.sub("", branch), attribute=_attribute, css=_without_media)
    return insert_in_head(styled(plain, _declaration), _FONT)


def _branch(match: re.Match[str]) -> str:
    return match[2] if holds(match[1]) else ""


def holds(condition: str) -> bool:
    """Whether a condition such as `mso | IE` or `!mso` holds in Outlook 2016 and later."""
    plain = condition.lower().replace("(", " ").replace(")", " ")
    return any(all(map(_term, part.split("&"))) for part in plain.split("|"))


def _term(term: str) -> bool:
    term = term.strip()
    if term.startswith("!"):
        return not _term(term[1:])
    if compared := _COMPARED.fullmatch(term):
        word, version = compared[1], int(compared[2])
        return {
            "gte": version <= VERSION,
            "lte": version >= VERSION,
            "gt": version < VERSION,
            "lt": version > VERSION,
        }[word]
    return term in ("mso", f"mso {VERSION}", "true")


def _attribute(_tag: str, name: str, value: str) -> str | None:
    return None if name == "background" else value


def _without_media(css: str) -> str:
    kept = [node for node in tinycss2.parse_stylesheet(css) if not isinstance(node, AtRule)]
    return str(tinycss2.serialize(kept))


def _declaration(tag: str, name: str, value: str) -> str | None:
    if name in _IGNORED:
        return None
    if name.startswith("padding") and tag not in _CELLS:
        return None
    if tag == "div" and name in ("width", "display") and value.strip() != "none":
        return None
    return _URL.sub("", value) if name == "background" else value
