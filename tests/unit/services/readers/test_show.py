"""All that is stored of one reader."""

import pytest

from digest.app import App
from digest.errors import NotFound
from digest.services.readers.show import show_reader
from digest.services.readers.suppress import EditorReason, suppress_address
from subscribers.address import EmailAddress
from tests.readers import EDITOR, erase, sign_up

ANN = EmailAddress.parse("ann@example.org")


@pytest.fixture
def database() -> str:
    """The rows are tested on both databases in `tests/unit/subscribers`."""
    return "sqlite"


async def test_a_reader_is_shown_with_editions_and_consent(app: App) -> None:
    await sign_up(app, ANN.wire)
    shown = await show_reader(app, ANN)
    assert (shown.address, shown.created_at, shown.erased_at) == (ANN.wire, app.clock(), None)
    assert [(item.edition, item.state) for item in shown.editions] == [("weekly", "pending")]
    assert [(entry.kind, entry.source, entry.wording) for entry in shown.consent] == [
        ("requested", "web form, home page", "signup-1")
    ]


async def test_an_erased_reader_is_shown_without_the_address(app: App) -> None:
    await sign_up(app, ANN.wire)
    await erase(app, ANN.wire)
    shown = await show_reader(app, ANN)
    assert (shown.id, shown.address, shown.erased_at) == (1, None, app.clock())
    assert [entry.reason for entry in shown.suppressed] == ["erasure"]


async def test_a_suppressed_address_that_never_was_a_reader_is_shown_too(app: App) -> None:
    await suppress_address(app, EDITOR, ANN, EditorReason.MANUAL, note="asked by phone")
    shown = await show_reader(app, ANN)
    assert (shown.id, shown.editions, shown.consent) == (None, (), ())
    assert [entry.source for entry in shown.suppressed] == ["command line, test, asked by phone"]


async def test_an_unknown_address_is_not_found(app: App) -> None:
    with pytest.raises(NotFound, match="is not a reader"):
        await show_reader(app, ANN)
