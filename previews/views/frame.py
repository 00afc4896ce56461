"""A mail in a frame, isolated from the page around it, from scripts and from the network."""

from previews.markup.tags import insert_in_head
from previews.views.client_views import CLIENT_VIEWS

SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_PLAIN = '<base target="_blank"><style>:root{scrollbar-width:none}</style>'


def policy(*, images: bool) -> str:
    """The Content-Security-Policy of a framed mail.

    No scripts, no forms, nothing remote except images over https.
    """
    sources = "https: data:" if images else "'none'"
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {sources}; base-uri 'none'; "
        "form-action 'none'"
    )


def framed(html: str, view: str) -> str:
    """A mail's HTML as one of `CLIENT_VIEWS` shows it, for a frame; links open a new tab.

    Scroll bars are hidden: they would make the page narrower than the frame.
    """
    return insert_in_head(CLIENT_VIEWS[view].draw(html), _PLAIN)


def standalone(html: str, view: str) -> str:
    """The same as a file with its policy in a meta element."""
    meta = policy(images=CLIENT_VIEWS[view].images)
    tag = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{meta}">'
    return insert_in_head(framed(html, view), tag)
