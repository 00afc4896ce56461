"""How an issue looks on the terminal."""

from pathlib import Path

import pytest

from digest.app import App
from digest.cli.showing import print_issue, show_issue
from digest.flows import publishing
from digest.flows.sent_tests import SentTest
from digest.flows.test_mail import send_test
from schedules.editions import create_default
from tests.catalogue import add_comparison

DOCS = Path(__file__).parents[3] / "docs" / "cli.md"


@pytest.fixture(autouse=True)
async def draft(app: App) -> None:
    async with app.store.write() as session:
        await create_default(session, app.clock())
        await add_comparison(session, "Alpha", "Beta", app.clock())
    await publishing.compose(app, "weekly")


async def test_every_key_is_documented(app: App) -> None:
    row = next(line for line in DOCS.read_text("utf-8").splitlines() if "`issues show N`" in line)
    keys = {*await show_issue(app, 1), *SentTest.model_fields}
    assert {key for key in keys if f"`{key}`" not in row} == set()


async def test_its_tests_are_listed_once_there_are_any(
    app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = await show_issue(app, 1)
    assert shown["tests"] == []
    print_issue(shown)
    assert "last tests" not in capsys.readouterr().out
    await send_test(app, 1, ["ed@example.org"])
    shown = await show_issue(app, 1)
    assert [test["to"] for test in shown["tests"]] == ["ed@example.org"]
    print_issue(shown)
    told = capsys.readouterr().out
    assert "last tests" in told
    assert "ed@example.org" in told
    assert "pending" in told
