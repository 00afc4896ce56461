"""The addresses of the pages, and of those that are one reader's own."""

from typing import NamedTuple

from digest.app import App
from subscribers.links import preferences_token, unsubscribe_token


class ReaderLinks(NamedTuple):
    """Signed links of one reader; they never expire."""

    unsubscribe: str
    preferences: str


def reader_links(app: App, subscriber_id: int, edition: str) -> ReaderLinks:
    """The unsubscribe link also takes the one-click POST (RFC 8058)."""
    base = app.settings.public_url
    return ReaderLinks(
        unsubscribe=f"{base}/unsubscribe/{unsubscribe_token(app.keyring, subscriber_id, edition)}",
        preferences=f"{base}/preferences/{preferences_token(app.keyring, subscriber_id)}",
    )


def inert_links(app: App) -> ReaderLinks:
    """What stands in their place in tests and previews: it looks right and does nothing."""
    base = app.settings.public_url
    return ReaderLinks(f"{base}/unsubscribe/preview", f"{base}/preferences/preview")


def confirm_link(app: App, token: str) -> str:
    """The page with the button that confirms a sign-up."""
    return f"{app.settings.public_url}/confirm/{token}"
