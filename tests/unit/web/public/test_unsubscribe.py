"""Unsubscribing: by the button and by RFC 8058's one-click POST."""

import httpx
import pytest
from sqlmodel import col, select, update

from digest.app import App
from digest.services.readers.suppress import suppress_address
from schedules.tables import Edition
from subscribers.address import EmailAddress
from subscribers.states import ConsentKind, SubscriptionState, SuppressionReason
from subscribers.tables import ConsentEvent, Subscription
from tests.readers import EDITOR
from tests.unit.web.conftest import Dump, Reader

MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
)
ONE_CLICK = {
    "urlencoded": (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
    "multipart": (MULTIPART, "multipart/form-data; boundary=b"),
}


async def state(app: App) -> str:
    async with app.store.read() as session:
        return (await session.exec(select(Subscription))).one().state


async def sources(app: App) -> list[str]:
    async with app.store.read() as session:
        return [
            row.source
            for row in await session.exec(select(ConsentEvent))
            if row.kind == ConsentKind.UNSUBSCRIBED
        ]


async def test_opening_the_link_asks_and_changes_nothing(
    client: httpx.AsyncClient, reader: Reader, dump: Dump
) -> None:
    before = await dump()
    page = await client.get(reader.unsubscribe)
    assert page.status_code == 200
    assert f'<form method="post" action="{reader.unsubscribe}">' in page.text
    assert "a…@example.org" in page.text
    assert await dump() == before


async def test_the_button_unsubscribes_and_shows_the_way_back(
    client: httpx.AsyncClient, app: App, reader: Reader
) -> None:
    page = await client.post(reader.unsubscribe)
    assert page.status_code == 200
    assert "You are unsubscribed" in page.text
    assert f'href="{reader.preferences}"' in page.text
    assert await state(app) == SubscriptionState.ENDED
    assert await sources(app) == ["web page"]


@pytest.mark.parametrize("form", ONE_CLICK)
async def test_one_click_answers_200_without_redirect_or_cookie(
    client: httpx.AsyncClient, app: App, reader: Reader, form: str
) -> None:
    content, content_type = ONE_CLICK[form]
    answer = await client.post(
        reader.unsubscribe, content=content, headers={"Content-Type": content_type}
    )
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert await state(app) == SubscriptionState.ENDED
    assert await sources(app) == ["one-click"]


async def test_it_may_be_repeated(client: httpx.AsyncClient, app: App, reader: Reader) -> None:
    answers = [await client.post(reader.unsubscribe) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert await sources(app) == ["web page"]
    assert "You are unsubscribed" in (await client.get(reader.unsubscribe)).text


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", ""),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"broken", "multipart/form-data; boundary=b"),
        (b"broken", "multipart/form-data"),
        (b"{}", "application/json"),
    ],
)
async def test_a_post_unsubscribes_whatever_its_body_says(
    client: httpx.AsyncClient, app: App, reader: Reader, content: bytes, content_type: str
) -> None:
    answer = await client.post(
        reader.unsubscribe, content=content, headers={"Content-Type": content_type}
    )
    assert answer.status_code == 200
    assert await state(app) == SubscriptionState.ENDED


@pytest.mark.parametrize("cut", [1, 5, 20])
async def test_a_link_that_was_cut_or_altered_gets_a_friendly_page(
    client: httpx.AsyncClient, reader: Reader, dump: Dump, cut: int
) -> None:
    before = await dump()
    path = reader.unsubscribe
    for bad in (path[:-cut], path[:-1] + ("A" if path[-1] != "A" else "B"), "/unsubscribe/x.y.z"):
        for page in (await client.get(bad), await client.post(bad, data={"a": "b"})):
            assert page.status_code == 404
            assert "This link does not work" in page.text
    assert await dump() == before


async def test_another_purpose_s_token_does_not_unsubscribe(
    client: httpx.AsyncClient, app: App, reader: Reader
) -> None:
    token = reader.preferences.rpartition("/")[2]
    assert (await client.post(f"/unsubscribe/{token}")).status_code == 404
    assert await state(app) == SubscriptionState.ACTIVE


async def test_the_link_of_a_preview_does_nothing_and_explains_itself(
    client: httpx.AsyncClient, reader: Reader, dump: Dump
) -> None:
    before = await dump()
    for path in ("/unsubscribe/preview", "/preferences/preview"):
        for page in (
            await client.get(path),
            await client.post(path, content=ONE_CLICK["urlencoded"][0]),
        ):
            assert page.status_code == 200
            assert "This link is from a preview" in page.text
    assert await dump() == before


async def test_the_link_of_a_closed_edition_still_asks_and_unsubscribes(
    client: httpx.AsyncClient, app: App, reader: Reader
) -> None:
    async with app.store.write() as session:
        await session.exec(
            update(Edition).where(col(Edition.slug) == "weekly").values(active=False)
        )
    asked = (await client.get(reader.unsubscribe)).text
    assert "Unsubscribe?" in asked
    assert "no more mail from Weekly AI Tool Verdicts" in asked
    assert "You are unsubscribed" not in asked
    done = (await client.post(reader.unsubscribe)).text
    assert "no more mail from Weekly AI Tool Verdicts" in done
    assert "turn it on again" not in done
    assert await state(app) == SubscriptionState.ENDED


async def test_the_way_back_is_not_promised_where_a_bounce_bars_it(
    client: httpx.AsyncClient, app: App, reader: Reader
) -> None:
    address = EmailAddress.parse("ann@example.org")
    await suppress_address(app, EDITOR, address, SuppressionReason.BOUNCE)
    assert "turn it on again" not in (await client.post(reader.unsubscribe)).text
