"""How an issue looks on the terminal."""

from pathlib import Path

import pytest

from digest.app import App
from digest.cli.issue_tables import print_issue, print_report
from digest.delivery.states import DeliveryState
from digest.issues.editing import Edit
from digest.services.issues.compose import compose_issue
from digest.services.issues.edit import edit_issue
from digest.services.issues.reports import NOBODY, DeliveryProblem, IssueReport
from digest.services.issues.show import IssueDetails, show_issue
from digest.services.sending.test_mails import SentTest, send_test
from schedules.editions import create_default
from tests.catalogue import add_comparison
from tests.readers import EDITOR

REPLY = "550 no [/such] user [red] :smile:"
DOCS = Path(__file__).parents[3] / "docs" / "cli.md"


@pytest.fixture(autouse=True)
async def draft(app: App) -> None:
    async with app.store.write() as session:
        await create_default(session, app.clock(), name=app.settings.site_name)
        await add_comparison(session, "Alpha", "Beta", app.clock())
    await compose_issue(app, EDITOR, "weekly")


def test_every_key_is_documented() -> None:
    row = next(line for line in DOCS.read_text("utf-8").splitlines() if "`issues show N`" in line)
    keys = {*IssueDetails.model_fields, *SentTest.model_fields}
    assert {key for key in keys if f"`{key}`" not in row} == set()


async def test_its_tests_are_listed_once_there_are_any(
    app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = await show_issue(app, 1)
    assert shown.tests == []
    print_issue(shown)
    assert "last tests" not in capsys.readouterr().out
    await send_test(app, EDITOR, 1, ["ed@example.org"])
    shown = await show_issue(app, 1)
    assert [test.to for test in shown.tests] == ["ed@example.org"]
    print_issue(shown)
    told = capsys.readouterr().out
    assert "last tests" in told
    assert "ed@example.org" in told
    assert "pending" in told


async def test_the_words_of_relays_and_editors_are_printed_as_they_are(
    app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    await edit_issue(app, EDITOR, 1, Edit(subject="Alpha [/ships] :rocket: it"))
    await send_test(app, EDITOR, 1, ["ed@example.org"])
    shown = await show_issue(app, 1)
    rejected = {"state": DeliveryState.REJECTED, "reason": REPLY}
    tests = [shown.tests[0].model_copy(update=rejected)]
    print_issue(shown.model_copy(update={"tests": tests}))
    print_issue(shown.model_copy(update={"problem": "page.mjml.j2: unexpected '[/if]'"}))
    told = capsys.readouterr().out
    assert "Alpha [/ships] :rocket: it" in told
    assert "unexpected '[/if]'" in told
    assert REPLY in " ".join(told.split())


def test_a_report_prints_replies_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    problem = DeliveryProblem(
        delivery=1,
        address="ann[/b]@example.org",
        state=DeliveryState.REJECTED,
        unknowns=0,
        reason=REPLY,
    )
    print_report(
        IssueReport(
            number=1,
            state="paused",
            state_reason="421 [/busy]",
            started_at=None,
            finished_at=None,
            accounting=NOBODY,
            problems=[problem],
        )
    )
    told = capsys.readouterr().out
    assert "421 [/busy]" in told
    assert f"rejected  ann[/b]@example.org  {REPLY}" in told
