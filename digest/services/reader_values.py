"""Where the values of a reader's slots come from, and the links that belong to one reader."""

from datetime import datetime

from digest.app import App
from digest.rendering.message.reader_slots import ADDRESS, UNSUBSCRIBE, ReaderValues, preview_slots
from subscribers.links import preferences_token, unsubscribe_token


def reader_values(
    app: App,
    *,
    address: str,
    message_id: str,
    date: datetime,
    subscriber_id: int | None = None,
    edition: str | None = None,
    needs_smtputf8: bool = False,
) -> ReaderValues:
    """What a message to `address` is completed with.

    Without a subscriber or an edition, as in a test or a notice, the links do nothing.
    """
    if subscriber_id is None or edition is None:
        links = preview_slots(app.settings.public_url)
    else:
        links = reader_links(app, subscriber_id, edition)
    return ReaderValues(message_id, date, {**links, ADDRESS: address}, needs_smtputf8)


def reader_links(app: App, subscriber_id: int, edition: str) -> dict[str, str]:
    """The signed links of one reader, by the names of their slots; they never expire."""
    base, keyring = app.settings.public_url, app.keyring
    unsubscribe = f"{base}/unsubscribe/{unsubscribe_token(keyring, subscriber_id, edition)}"
    return {
        UNSUBSCRIBE: unsubscribe,
        "one_click_url": unsubscribe,  # one page takes the click and the POST of RFC 8058
        "preferences_url": f"{base}/preferences/{preferences_token(keyring, subscriber_id)}",
    }


def confirm_link(app: App, token: str) -> str:
    """The page with the button that confirms a sign-up."""
    return f"{app.settings.public_url}/confirm/{token}"
