"""Mail shown in a frame inside a page, isolated from it.

The frame's own policy forbids scripts, forms and everything remote except images over
https, and sandboxes the document; links open in a new tab.
"""

from fastapi.responses import HTMLResponse

from digest.web.http.pages import HEADERS
from previews.views.frame import SANDBOX, framed, policy
from previews.views.looks import LOOKS
from previews.views.schemes import Scheme
from previews.views.tags import insert_in_head

__all__ = ["Scheme", "frame", "look_frame"]


def frame(html: str, scheme: Scheme | None) -> HTMLResponse:
    """A mail's HTML for an iframe; without a scheme, the browser's own applies."""
    if scheme:
        return look_frame(html, scheme.value)
    return HTMLResponse(insert_in_head(html, '<base target="_blank">'), headers=_headers())


def look_frame(html: str, look: str) -> HTMLResponse:
    """A mail's HTML for an iframe, in one of `previews.views.looks.LOOKS`."""
    return HTMLResponse(framed(html, look), headers=_headers(images=LOOKS[look].images))


def _headers(*, images: bool = True) -> dict[str, str]:
    return {
        **HEADERS,
        "Content-Security-Policy": (
            f"{policy(images=images)}; frame-ancestors 'self'; sandbox {SANDBOX}"
        ),
        "X-Frame-Options": "SAMEORIGIN",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
