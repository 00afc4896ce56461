"""What can be opened on the workbench."""

from collections.abc import Awaitable, Callable

import pytest

from digest.app import App
from digest.errors import NotFound
from digest.services.issues.compose import compose_issue
from digest.services.workbench.snapshot import ISSUE, SAMPLE, PreviewTarget
from digest.services.workbench.targets import find_target, list_targets
from tests.readers import EDITOR


@pytest.fixture
def database() -> str:
    return "sqlite"


async def test_issues_samples_and_their_goldens_are_listed(
    app: App, add_news: Callable[..., Awaitable[None]]
) -> None:
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")
    targets = await list_targets(app)
    assert targets.issues == (1,)
    assert targets.samples[0] == "everyday"
    assert "emoji" in targets.goldens


async def test_a_target_is_found_or_does_not_exist(app: App) -> None:
    assert await find_target(app) == PreviewTarget(SAMPLE, "everyday")
    with pytest.raises(NotFound, match="everyday"):
        await find_target(app, sample="nope")
    with pytest.raises(NotFound, match="issue 1"):
        await find_target(app, issue=1)


async def test_an_issue_is_found_by_its_number(
    app: App, add_news: Callable[..., Awaitable[None]]
) -> None:
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")
    assert await find_target(app, issue=1) == PreviewTarget(ISSUE, "1")
