"""The page with its `prefers-color-scheme` conditions evaluated."""

import re

from previews.markup.colours import ColourScheme
from previews.markup.tags import insert_in_head, markup_only

ALWAYS, NEVER = "(min-width:0)", "(max-width:0)"
_FEATURE = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)


def in_scheme(html: str, scheme: ColourScheme) -> str:
    """The HTML with every `prefers-color-scheme` evaluated as on a device in `scheme`."""

    def evaluated(markup: str) -> str:
        return _FEATURE.sub(
            lambda asked: ALWAYS if asked[1].lower() == scheme.value else NEVER, markup
        )

    return markup_only(html, evaluated)


def painted(html: str, scheme: ColourScheme) -> str:
    """The same, with the background and form controls of the scheme."""
    style = f"<style>:root{{color-scheme:{scheme.value}!important}}</style>"
    return insert_in_head(in_scheme(html, scheme), style)
