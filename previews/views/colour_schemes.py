"""The page with its `prefers-color-scheme` conditions evaluated."""

import re

from previews.markup.colours import ColourScheme
from previews.markup.tags import insert_in_head

ALWAYS, NEVER = "(min-width:0)", "(max-width:0)"


def in_scheme(html: str, scheme: ColourScheme) -> str:
    """The HTML with every `prefers-color-scheme` evaluated as on a device in `scheme`."""
    for asked in ColourScheme:
        feature = re.compile(rf"\(\s*prefers-color-scheme\s*:\s*{asked.value}\s*\)", re.IGNORECASE)
        html = feature.sub(ALWAYS if asked is scheme else NEVER, html)
    return html


def painted(html: str, scheme: ColourScheme) -> str:
    """The same, with the background and form controls of the scheme."""
    style = f"<style>:root{{color-scheme:{scheme.value}!important}}</style>"
    return insert_in_head(in_scheme(html, scheme), style)
