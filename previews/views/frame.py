"""A mail in a frame: cut off from the page that holds it, from scripts and from the network."""

from previews.markup.tags import insert_in_head
from previews.views.client_views import CLIENT_VIEWS

SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_PLAIN = '<base target="_blank"><style>:root{scrollbar-width:none}</style>'


def policy(*, images: bool) -> str:
    """The Content-Security-Policy of a framed mail: no scripts, no forms, nothing remote
    but images over https."""
    sources = "https: data:" if images else "'none'"
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {sources}; base-uri 'none'; "
        "form-action 'none'"
    )


def framed(html: str, look: str) -> str:
    """A mail's HTML drawn in a look of `CLIENT_VIEWS`, to stand in a frame; links open a new tab.

    No scroll bar, which would make the page narrower than the frame says it is.
    """
    return insert_in_head(CLIENT_VIEWS[look].draw(html), _PLAIN)


def standalone(html: str, look: str) -> str:
    """The same as a file that brings its policy itself."""
    meta = policy(images=CLIENT_VIEWS[look].images)
    tag = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{meta}">'
    return insert_in_head(framed(html, look), tag)
