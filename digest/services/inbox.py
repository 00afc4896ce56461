"""The built-in inbox. Reading its folder blocks: call these functions in a thread."""

from digest.app import App
from digest.delivery.relays.config_file import relays_of
from digest.inbox.received import MessageSummary, count_messages, list_messages, read_message
from digest.services.result import Result

PER_PAGE = 50


class InboxPage(Result):
    """One page of the inbox, newest first. `has_relay`: issues go to a relay, not only here."""

    messages: tuple[MessageSummary, ...]
    count: int
    page: int
    last_page: int
    has_relay: bool


class InboxMessage(Result):
    """One message: a summary, decoded headers, the bodies where present, the exact bytes."""

    summary: MessageSummary
    headers: tuple[tuple[str, str], ...]
    html: str | None
    text: str | None
    raw: bytes


def list_received(app: App, page: int = 1, *, per_page: int = PER_PAGE) -> InboxPage:
    """One page of messages; `page` counts from 1."""
    folder = app.settings.inbox_dir
    count = count_messages(folder)
    return InboxPage(
        messages=tuple(list_messages(folder, per_page, skip=(page - 1) * per_page)),
        count=count,
        page=page,
        last_page=max(1, -(-count // per_page)),
        has_relay=bool(relays_of(app.settings)),
    )


def count_received(app: App) -> int:
    """How many messages the inbox holds."""
    return count_messages(app.settings.inbox_dir)


def read_received(app: App, message_id: str) -> InboxMessage:
    """One message. Raises `NotFound`."""
    found = read_message(app.settings.inbox_dir, message_id)
    return InboxMessage(
        summary=found.summary,
        headers=found.headers,
        html=found.html,
        text=found.text,
        raw=found.raw,
    )
