"""A reader's preferences."""

import httpx
import pytest
from sqlmodel import select

from digest.app import App
from schedules.tables import Edition
from subscribers.states import SubscriptionState
from subscribers.tables import Subscription
from tests.unit.web.conftest import Dump, Reader


@pytest.fixture
async def monthly(app: App) -> None:
    async with app.store.write() as session:
        session.add(Edition(slug="monthly", name="Monthly <round-up>"))


async def active(app: App) -> set[str]:
    async with app.store.read() as session:
        rows = await session.exec(
            select(Subscription).where(Subscription.state == SubscriptionState.ACTIVE)
        )
        return {row.edition for row in rows}


async def test_the_page_shows_the_editions_and_changes_nothing(
    client: httpx.AsyncClient, reader: Reader, monthly: None, dump: Dump
) -> None:
    before = await dump()
    page = await client.get(reader.preferences)
    assert page.status_code == 200
    assert 'value="weekly" checked' in page.text
    assert 'value="monthly">' in page.text
    assert "Monthly &lt;round-up&gt;" in page.text
    assert "ann@example.org" not in page.text
    assert await dump() == before


async def test_ticking_changes_the_editions(
    client: httpx.AsyncClient, app: App, reader: Reader, monthly: None
) -> None:
    saved = await client.post(
        reader.preferences, data={"edition": ["weekly", "monthly"], "do": "save"}
    )
    assert saved.status_code == 303
    assert await active(app) == {"weekly", "monthly"}
    assert "Saved." in (await client.get(saved.headers["Location"])).text
    await client.post(reader.preferences, data={"edition": "monthly", "do": "save"})
    assert await active(app) == {"monthly"}


async def test_unticking_everything_ends_everything(
    client: httpx.AsyncClient, app: App, reader: Reader
) -> None:
    await client.post(reader.preferences, data={"do": "save"})
    assert await active(app) == set()


async def test_one_button_leaves_everything(
    client: httpx.AsyncClient, app: App, reader: Reader
) -> None:
    await client.post(reader.preferences, data={"do": "unsubscribe-all", "edition": "weekly"})
    assert await active(app) == set()


async def test_unknown_editions_are_ignored(
    client: httpx.AsyncClient, app: App, reader: Reader
) -> None:
    await client.post(reader.preferences, data={"edition": ["weekly", "nope", "x" * 999]})
    assert await active(app) == {"weekly"}


async def test_a_mistaken_unsubscribe_can_be_undone(
    client: httpx.AsyncClient, app: App, reader: Reader
) -> None:
    await client.post(reader.unsubscribe)
    assert await active(app) == set()
    await client.post(reader.preferences, data={"edition": "weekly", "do": "save"})
    assert await active(app) == {"weekly"}


async def test_a_link_that_was_altered_gets_a_friendly_page(
    client: httpx.AsyncClient, reader: Reader, dump: Dump
) -> None:
    before = await dump()
    token = reader.unsubscribe.rpartition("/")[2]
    for bad in (reader.preferences[:-2], f"/preferences/{token}"):
        for page in (await client.get(bad), await client.post(bad, data={"edition": "weekly"})):
            assert page.status_code == 404
            assert "This link does not work" in page.text
    assert await dump() == before
