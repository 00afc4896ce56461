"""Mail shown inside a page: cut off from everything, in the colour scheme asked for.

The frame's own policy forbids scripts, forms and everything remote but images
over https, and puts the document into a sandbox; links open in a new tab.
"""

import re
from enum import StrEnum

from fastapi.responses import HTMLResponse

from digest.web.pages import HEADERS

FRAME_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
HEAD = re.compile(r"<head\b[^>]*>|<!doctype\b[^>]*>", re.IGNORECASE)
ALWAYS, NEVER = "(min-width:0)", "(max-width:0)"


class Scheme(StrEnum):
    """The colour scheme that a reader's device asks for."""

    LIGHT = "light"
    DARK = "dark"


def frame(html: str, scheme: Scheme | None) -> HTMLResponse:
    """A mail's HTML for an iframe; without a scheme the browser's own holds."""
    prelude = '<base target="_blank">'
    if scheme:
        html = in_scheme(html, scheme)
        # No scroll bar either: it would make the page narrower than the frame says it is.
        prelude += (
            f"<style>:root{{color-scheme:{scheme.value}!important;scrollbar-width:none}}</style>"
        )
    return HTMLResponse(_insert(html, prelude), headers=FRAME_HEADERS)


def in_scheme(html: str, scheme: Scheme) -> str:
    """The HTML with every `prefers-color-scheme` decided as a device in `scheme` decides it."""
    for asked in Scheme:
        feature = re.compile(rf"\(\s*prefers-color-scheme\s*:\s*{asked.value}\s*\)", re.IGNORECASE)
        html = feature.sub(ALWAYS if asked is scheme else NEVER, html)
    return html


def _insert(html: str, prelude: str) -> str:
    places = {match[0][:2].lower(): match.end() for match in HEAD.finditer(html)}
    end = places.get("<h", places.get("<!", 0))
    return html[:end] + prelude + html[end:]
