"""Mail shown in a frame inside a page, isolated from it.

The frame's own policy forbids scripts, forms and everything remote except images over
https, and sandboxes the document; links open in a new tab.
"""

from fastapi.responses import HTMLResponse

from digest.web.http.pages import HEADERS
from previews.markup.colours import ColourScheme
from previews.markup.tags import insert_in_head
from previews.views.client_views import CLIENT_VIEWS
from previews.views.frame import SANDBOX, framed, policy


def frame(html: str, scheme: ColourScheme | None) -> HTMLResponse:
    """A mail's HTML for an iframe; without a scheme, the browser's own applies."""
    if scheme:
        return client_view_frame(html, scheme.value)
    return HTMLResponse(insert_in_head(html, '<base target="_blank">'), headers=_headers())


def client_view_frame(html: str, view: str) -> HTMLResponse:
    """A mail's HTML for an iframe, in one of `previews.views.client_views.CLIENT_VIEWS`."""
    return HTMLResponse(framed(html, view), headers=_headers(images=CLIENT_VIEWS[view].images))


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
