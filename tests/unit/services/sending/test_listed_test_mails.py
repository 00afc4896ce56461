"""What the editor is shown of their test mails."""

from collections.abc import Awaitable, Callable

import pytest
from sqlmodel import col, update

from digest.app import App
from digest.delivery.states import DeliveryState
from digest.delivery.tables import Delivery
from digest.issues.editing import Edit
from digest.services.issues import reports
from digest.services.issues.compose import compose_issue
from digest.services.issues.edit import edit_issue
from digest.services.sending.test_mails import MOST_LISTED, SentTest, list_tests, send_test
from tests.readers import EDITOR, erase
from tests.unit.services.conftest import Clock


@pytest.fixture(autouse=True)
async def draft(
    app: App,
    add_readers: Callable[[int], Awaitable[list[int]]],
    add_news: Callable[..., Awaitable[None]],
) -> None:
    await add_readers(2)
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")


async def listed(app: App, number: int = 1) -> list[SentTest]:
    return await list_tests(app, number)


async def test_tests_are_listed_newest_first_with_their_outcome(app: App, clock: Clock) -> None:
    assert await listed(app) == []
    await send_test(app, EDITOR, 1, ["ed@example.org"])
    first = clock()
    clock.forward(minutes=5)
    await edit_issue(app, EDITOR, 1, Edit(subject="Alpha ships after all"))
    await send_test(app, EDITOR, 1, ["ann@example.org"], reader="reader1@example.org")
    async with app.store.write() as session:
        refused = {"state": DeliveryState.REJECTED, "reason": "550 5.1.1 no such user"}
        await session.exec(
            update(Delivery).where(col(Delivery.address) == "ed@example.org").values(**refused)
        )
    newer, older = await listed(app)
    assert (newer.at, newer.to, newer.reader) == (clock(), "ann@example.org", "reader1@example.org")
    assert (newer.variant, newer.state, newer.reason) == ("all", DeliveryState.PENDING, None)
    assert (older.at, older.to, older.reader) == (first, "ed@example.org", None)
    assert (older.state, older.reason) == (DeliveryState.REJECTED, "550 5.1.1 no such user")
    assert newer.hash != older.hash


async def test_the_list_is_bounded_and_of_one_issue(
    app: App, clock: Clock, add_news: Callable[..., Awaitable[None]]
) -> None:
    await add_news(("Gamma", "Delta"))
    await compose_issue(app, EDITOR, "weekly", extra=True)
    await send_test(app, EDITOR, 2, ["other@example.org"])
    await send_test(app, EDITOR, 1, [f"ed{at}@example.org" for at in range(MOST_LISTED + 3)])
    clock.forward(minutes=1)
    await send_test(app, EDITOR, 1, ["last@example.org"])
    found = await listed(app)
    assert len(found) == MOST_LISTED
    assert found[0].to == "last@example.org"
    assert [test.to for test in await listed(app, 2)] == ["other@example.org"]


async def test_tests_change_no_counts(app: App) -> None:
    before = await reports.list_issues(app), await reports.issue_report(app, 1)
    await send_test(app, EDITOR, 1, ["ed@example.org", "reader1@example.org"])
    assert (await reports.list_issues(app), await reports.issue_report(app, 1)) == before


async def test_the_list_does_not_name_erased_readers(app: App) -> None:
    await send_test(app, EDITOR, 1, ["ed@example.org"], reader="reader1@example.org")
    await erase(app, "reader1@example.org")
    assert [test.reader for test in await listed(app)] == ["an erased reader"]
