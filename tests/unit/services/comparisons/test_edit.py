"""Editing, withdrawing and restoring: one transaction each, and a log of who did it."""

from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from digest.app import App
from digest.catalogue.edits import Edits, FactEdit
from digest.errors import UsageError
from digest.services.comparisons.edit import (
    edit_comparison,
    restore_comparison,
    withdraw_comparison,
)
from digest.services.comparisons.show import show_comparison
from tests.unit.catalogue.building import EDITOR

SLUG = "ash-vs-birch"


@pytest.fixture(autouse=True)
async def comparison(add_news: Callable[..., Awaitable[None]]) -> None:
    await add_news(("Ash", "Birch"))


async def test_an_edit_returns_its_changes_and_then_none(app: App) -> None:
    edits = Edits(facts=[FactEdit("left", "entry", "Paid")])
    edited = await edit_comparison(app, EDITOR, SLUG, edits)
    assert edited.model_dump(mode="json") == {
        "slug": SLUG,
        "changes": [{"subject": "Ash", "field": "entry", "before": "Free", "after": "Paid"}],
    }
    assert (await edit_comparison(app, EDITOR, SLUG, edits)).changes == ()


async def test_edits_are_made_all_or_none(app: App) -> None:
    edits = Edits(facts=[FactEdit("left", "entry", "Paid"), FactEdit("left", "price", "1")])
    with pytest.raises(UsageError, match="no fact 'price'"):
        await edit_comparison(app, EDITOR, SLUG, edits)
    assert (await show_comparison(app, SLUG)).left.entry == "Free"


async def test_a_withdrawal_is_returned_and_undone(app: App) -> None:
    withdrawn = await withdraw_comparison(app, EDITOR, SLUG, reason="wrong")
    assert (withdrawn.withdrawn_at, withdrawn.withdrawn_reason) == (app.clock(), "wrong")
    restored = await restore_comparison(app, EDITOR, SLUG)
    assert (restored.withdrawn_at, restored.withdrawn_reason) == (None, None)


async def test_the_log_names_who_acted(app: App) -> None:
    with capture_logs() as lines:
        await edit_comparison(app, EDITOR, SLUG, Edits(url="https://x.example/"))
        await withdraw_comparison(app, EDITOR, SLUG, reason="wrong")
        await restore_comparison(app, EDITOR, SLUG)
    assert [(line["event"], line["actor"]) for line in lines] == [
        ("comparison edited", "command line, ann"),
        ("comparison withdrawn", "command line, ann"),
        ("comparison restored", "command line, ann"),
    ]
