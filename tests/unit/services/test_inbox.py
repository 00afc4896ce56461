"""The built-in inbox as services: pages of messages, and one message with its bytes."""

import pytest

from digest.app import App
from digest.errors import NotFound
from digest.inbox.folder import Envelope, store_message
from digest.services.inbox import count_received, list_received, read_received

MAIL = b"From: a@example.org\r\nSubject: Hello %d\r\n\r\nText\r\n"


@pytest.fixture
def database() -> str:
    return "sqlite"


def keep(app: App, number: int) -> str:
    envelope = Envelope("a@example.org", ("b@example.org",), app.clock())
    return store_message(app.settings.inbox_dir, envelope, MAIL % number)


def test_an_empty_inbox_has_one_page(app: App) -> None:
    found = list_received(app)
    assert (found.messages, found.count, found.page, found.last_page) == ((), 0, 1, 1)


def test_messages_are_listed_in_pages(app: App) -> None:
    for number in range(3):
        keep(app, number)
    assert count_received(app) == 3
    assert [len(list_received(app, page, per_page=2).messages) for page in (1, 2, 3)] == [2, 1, 0]
    assert list_received(app, per_page=2).last_page == 2


def test_one_message_is_read_with_its_exact_bytes(app: App) -> None:
    message = read_received(app, keep(app, 7))
    assert message.summary.subject == "Hello 7"
    assert message.raw == MAIL % 7
    with pytest.raises(NotFound):
        read_received(app, "nothing")
