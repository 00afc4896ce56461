"""A reader's preferences."""

import asyncio
from html.parser import HTMLParser

import httpx
import pytest
from sqlmodel import col, select, update

from digest.app import App
from digest.services.readers.erase import erase_reader
from digest.services.readers.suppress import suppress_address
from schedules.tables import Edition
from subscribers.address import EmailAddress
from subscribers.states import SubscriptionState, SuppressionReason
from subscribers.subscriptions import STARTS_AN_HOUR
from subscribers.tables import Subscription
from tests.readers import EDITOR
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


class Form(HTMLParser):
    """What a browser would send of the first form on a page, and its boxes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hidden: list[tuple[str, str]] = []
        self.ticked: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        field = dict(attrs)
        if tag == "input" and field.get("type") == "hidden":
            self.hidden.append((field["name"] or "", field["value"] or ""))
        elif tag == "input" and "checked" in field:
            self.ticked.add(field["value"] or "")

    def data(self, *ticked: str) -> dict[str, list[str]]:
        data: dict[str, list[str]] = {"edition": list(ticked), "do": ["save"]}
        for name, value in self.hidden:
            data.setdefault(name, []).append(value)
        return data


async def opened(client: httpx.AsyncClient, reader: Reader) -> Form:
    return Form((await client.get(reader.preferences)).text)


async def close(app: App, slug: str) -> None:
    async with app.store.write() as session:
        await session.exec(update(Edition).where(col(Edition.slug) == slug).values(active=False))


async def test_an_old_tab_ends_no_edition_that_it_did_not_show(
    client: httpx.AsyncClient, app: App, reader: Reader
) -> None:
    old = await opened(client, reader)
    async with app.store.write() as session:
        session.add(Edition(slug="monthly", name="Monthly"))
    await client.post(reader.preferences, data=(await opened(client, reader)).data("monthly"))
    assert await active(app) == {"monthly"}
    await client.post(reader.preferences, data=old.data())
    assert await active(app) == {"monthly"}


async def test_an_old_tab_changes_only_what_its_reader_changed_there(
    client: httpx.AsyncClient, app: App, reader: Reader, monthly: None
) -> None:
    old = await opened(client, reader)
    assert old.ticked == {"weekly"}
    await client.post(reader.unsubscribe)
    await client.post(reader.preferences, data=old.data("weekly", "monthly"))
    assert await active(app) == {"monthly"}


async def test_a_closed_edition_is_shown_to_those_who_have_it_and_can_be_ended(
    client: httpx.AsyncClient, app: App, reader: Reader, monthly: None
) -> None:
    await close(app, "weekly")
    form = await opened(client, reader)
    assert form.ticked == {"weekly"}
    await client.post(reader.preferences, data=form.data("weekly", "monthly"))
    assert await active(app) == {"weekly", "monthly"}
    await client.post(reader.preferences, data=(await opened(client, reader)).data("monthly"))
    assert await active(app) == {"monthly"}
    assert (await opened(client, reader)).ticked == {"monthly"}


REASONS = {
    SuppressionReason.BOUNCE: "mail to it came back",
    SuppressionReason.COMPLAINT: "reported as spam",
    SuppressionReason.MANUAL: "the editor has stopped it",
}


@pytest.mark.parametrize("reason", REASONS)
async def test_what_a_suppression_refuses_is_not_called_saved(
    client: httpx.AsyncClient, app: App, reader: Reader, monthly: None, reason: SuppressionReason
) -> None:
    await suppress_address(app, EDITOR, EmailAddress.parse("ann@example.org"), reason)
    shown = (await client.get(reader.preferences)).text
    assert REASONS[reason] in shown
    assert "Mail me" not in shown
    for ticked in (["weekly", "monthly"], ["weekly"]):
        saved = await client.post(reader.preferences, data={"edition": ticked})
        page = (await client.get(saved.headers["Location"])).text
        assert "Saved." not in page
        assert "Nothing was turned on" in page
        assert REASONS[reason] in page


async def test_a_suppressed_reader_can_still_leave(
    client: httpx.AsyncClient, app: App, reader: Reader
) -> None:
    bounced = SuppressionReason.BOUNCE
    await suppress_address(app, EDITOR, EmailAddress.parse("ann@example.org"), bounced)
    saved = await client.post(reader.preferences, data=(await opened(client, reader)).data())
    assert "Saved." in (await client.get(saved.headers["Location"])).text
    assert await active(app) == set()


async def test_turning_an_edition_on_and_off_again_is_limited_and_leaving_is_not(
    client: httpx.AsyncClient, app: App, reader: Reader, dump: Dump
) -> None:
    for _ in range(40):
        await client.post(reader.preferences, data={"edition": []})
        saved = await client.post(reader.preferences, data={"edition": ["weekly"]})
    assert "too often within an hour" in (await client.get(saved.headers["Location"])).text
    assert await active(app) == set()
    assert len((await dump())["consent_event"]) <= 2 * STARTS_AN_HOUR + 1


async def test_the_same_form_sent_in_many_times_is_one_consent(
    client: httpx.AsyncClient, app: App, reader: Reader, monthly: None, dump: Dump
) -> None:
    before = len((await dump())["consent_event"])
    form = (await opened(client, reader)).data("weekly", "monthly")
    await asyncio.gather(*(client.post(reader.preferences, data=form) for _ in range(8)))
    assert len((await dump())["consent_event"]) == before + 1


async def test_an_erased_reader_s_link_belongs_to_nobody(
    client: httpx.AsyncClient, app: App, reader: Reader
) -> None:
    await erase_reader(app, EDITOR, EmailAddress.parse("ann@example.org"))
    for do in ("save", "unsubscribe-all"):
        assert (await client.post(reader.preferences, data={"do": do})).status_code == 404
