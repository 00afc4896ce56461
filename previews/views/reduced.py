"""The page in a client that shows no pictures, or drops style elements."""

import re

from previews.markup.tags import insert_in_head, rewrite, styled

_URL = re.compile(r"url\([^)]*\)", re.IGNORECASE)
_OUTLINE = (
    "<style>img{display:inline-block;padding:2px 6px;border:1px dashed #78716c;"
    "font:14px/20px sans-serif;color:#57534e}</style>"
)


def without_images(html: str) -> str:
    """Without pictures: a dashed box shows the alternative text."""

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "background" or (tag == "img" and name in ("src", "srcset")):
            return None
        return value

    def declaration(_tag: str, _name: str, value: str) -> str:
        return _URL.sub("none", value)

    return insert_in_head(styled(rewrite(html, attribute=attribute), declaration), _OUTLINE)


def without_styles(html: str) -> str:
    """Without style elements and linked style sheets; style attributes stay.

    Gmail does this where it clips a message, finds an error in the CSS, or shows another
    provider's account.
    """
    return rewrite(html, drop=frozenset({"style", "link"}))
