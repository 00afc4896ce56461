"""A preview is on the bytes that would be sent, and says when they are too many."""

from collections.abc import Awaitable, Callable

import pytest

from digest.app import App
from digest.services.issues import preview
from digest.services.issues.compose import compose_issue
from digest.services.issues.preview import preview_issue
from tests.readers import EDITOR


@pytest.fixture(autouse=True)
async def draft(app: App, add_news: Callable[..., Awaitable[None]]) -> None:
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")


async def test_both_variants_are_shown_and_an_ordinary_issue_gets_no_warning(app: App) -> None:
    preview = await preview_issue(app, 1)
    assert [variant.key for variant in preview.variants] == ["all", "web"]
    mail = preview.variants[0]
    assert mail.html_bytes == len(mail.html.encode())
    assert b"List-Unsubscribe: " in mail.eml or b"List-Unsubscribe:\r\n " in mail.eml
    assert mail.warning is None


async def test_an_issue_near_the_clip_is_warned_of(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "WARN_BYTES", 1_000)
    mail = (await preview_issue(app, 1)).variants[0]
    assert mail.warning
    assert "over 100 kB it is refused" in mail.warning


async def test_looking_changes_nothing(app: App) -> None:
    first = await preview_issue(app, 1)
    assert (await preview_issue(app, 1)).hash == first.hash
