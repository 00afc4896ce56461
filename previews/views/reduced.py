"""What is left when a client shows no pictures, or drops the style elements."""

import re

from previews.markup.tags import insert_in_head, rewrite, styled

_URL = re.compile(r"url\([^)]*\)", re.IGNORECASE)
_OUTLINE = (
    "<style>img{display:inline-block;padding:2px 6px;border:1px dashed #78716c;"
    "font:14px/20px sans-serif;color:#57534e}</style>"
)


def without_images(html: str) -> str:
    """Pictures not loaded: their alternative text stands in a dashed box."""

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "background" or (tag == "img" and name in ("src", "srcset")):
            return None
        return value

    def declaration(_tag: str, _name: str, value: str) -> str:
        return _URL.sub("none", value)

    return insert_in_head(styled(rewrite(html, attribute=attribute), declaration), _OUTLINE)


def without_styles(html: str) -> str:
    """Style elements and linked sheets dropped, as Gmail does where it clips a message, finds
    an error in them, or shows another provider's account. Style attributes stay."""
    return rewrite(html, drop=frozenset({"style", "link"}))
