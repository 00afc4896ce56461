"""The confirmation link: GET shows a button, only POST confirms."""

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlmodel import select, update

from digest.app import App
from digest.delivery.tables import Delivery
from digest.services.actor import Actor, Channel
from digest.services.readers.signup import request_signup, work_off_signups
from digest.services.readers.suppress import EditorReason, suppress_address
from digest.web.public.site import build_public
from schedules.tables import Edition
from subscribers.address import EmailAddress
from subscribers.states import SubscriptionState
from subscribers.tables import Subscription
from tests.readers import EDITOR
from tests.unit.web.conftest import Dump, SignUp


async def states(app: App) -> list[SubscriptionState]:
    async with app.store.read() as session:
        return [SubscriptionState(row.state) for row in await session.exec(select(Subscription))]


def later(app: App, **delta: float) -> httpx.AsyncClient:
    """A client of the same installation, so much later."""
    moved = replace(app, clock=lambda: app.clock() + timedelta(**delta))
    transport = httpx.ASGITransport(app=build_public(moved))
    return httpx.AsyncClient(transport=transport, base_url="https://t")


async def test_opening_the_link_shows_a_button_and_changes_nothing(
    client: httpx.AsyncClient, sign_up: SignUp, dump: Dump
) -> None:
    token = await sign_up("ann@example.org")
    before = await dump()
    page = await client.get(f"/confirm/{token}")
    assert page.status_code == 200
    assert f'<form method="post" action="/confirm/{token}">' in page.text
    assert "a…@example.org" in page.text
    assert "ann@example.org" not in page.text
    assert await dump() == before


async def test_the_button_confirms_and_a_second_click_gets_the_page_that_says_so(
    client: httpx.AsyncClient, app: App, sign_up: SignUp
) -> None:
    token = await sign_up("ann@example.org")
    assert "You&#39;re on the list" in (await client.post(f"/confirm/{token}")).text
    assert await states(app) == [SubscriptionState.ACTIVE]
    for again in (await client.post(f"/confirm/{token}"), await client.get(f"/confirm/{token}")):
        assert again.status_code == 200
        assert "Already confirmed" in again.text


async def test_an_expired_link_offers_a_new_one(
    client: httpx.AsyncClient, app: App, sign_up: SignUp
) -> None:
    token = await sign_up("ann@example.org")
    async with later(app, days=4) as client:
        for page in (await client.get(f"/confirm/{token}"), await client.post(f"/confirm/{token}")):
            assert page.status_code == 410
            assert "This link has expired; send a new one." in page.text
            assert f'action="/confirm/{token}/renew"' in page.text
        assert await states(app) == [SubscriptionState.PENDING]
        assert "Check your inbox." in (await client.post(f"/confirm/{token}/renew")).text
    await work_off_signups(replace(app, clock=lambda: app.clock() + timedelta(days=4)))
    async with app.store.read() as session:
        assert len(list(await session.exec(select(Delivery)))) == 2


@pytest.mark.parametrize("change", ["cut", "altered", "empty-ish", "other", "huge", "unicode"])
async def test_a_link_that_was_cut_or_altered_gets_a_friendly_page(
    client: httpx.AsyncClient, sign_up: SignUp, dump: Dump, change: str
) -> None:
    token = await sign_up("ann@example.org")
    bad = {
        "cut": token[:-3],
        "altered": ("b" if token[0] != "b" else "c") + token[1:],
        "empty-ish": "%20",
        "other": "0" * len(token),
        "huge": "a" * 5_000,
        "unicode": "%E2%98%83%00",
    }[change]
    before = await dump()
    for page in (
        await client.get(f"/confirm/{bad}"),
        await client.post(f"/confirm/{bad}"),
        await client.post(f"/confirm/{bad}/renew"),
    ):
        assert page.status_code == 404
        assert "This link does not work" in page.text
    assert await dump() == before


async def ask_for(app: App, edition: str) -> None:
    actor, ann = Actor(Channel.HOME_FORM), EmailAddress.parse("ann@example.org")
    await request_signup(app, actor, ann, edition)
    await work_off_signups(app)


async def test_one_button_confirms_all_that_the_page_names_and_nothing_else(
    client: httpx.AsyncClient, app: App, sign_up: SignUp
) -> None:
    async with app.store.write() as session:
        session.add(Edition(slug="monthly", name="Monthly"))
        session.add(Edition(slug="daily", name="Daily"))
    token = await sign_up("ann@example.org")
    await ask_for(app, "monthly")
    page = (await client.get(f"/confirm/{token}")).text
    assert "wants Weekly AI Tool Verdicts and Monthly." in page
    shown = re.findall('name="edition" value="([^"]*)"', page)
    assert shown == ["weekly", "monthly"]
    await ask_for(app, "daily")
    await client.post(f"/confirm/{token}", data={"edition": shown})
    async with app.store.read() as session:
        found = {row.edition: row.state for row in await session.exec(select(Subscription))}
    assert found == {"weekly": "active", "monthly": "active", "daily": "pending"}


async def test_no_issue_is_promised_to_a_reader_whom_a_bounce_bars(
    client: httpx.AsyncClient, app: App, sign_up: SignUp
) -> None:
    token = await sign_up("ann@example.org")
    await client.post(f"/confirm/{token}")
    ann = EmailAddress.parse("ann@example.org")
    await suppress_address(app, EDITOR, ann, EditorReason.BOUNCE)
    for page in (await client.get(f"/confirm/{token}"), await client.post(f"/confirm/{token}")):
        assert "You get the next issue" not in page.text
        assert "nothing is sent to you" in page.text


async def test_no_issue_is_promised_of_a_closed_edition(
    client: httpx.AsyncClient, app: App, sign_up: SignUp
) -> None:
    token = await sign_up("ann@example.org")
    async with app.store.write() as session:
        await session.exec(update(Edition).values(active=False))
    assert "The next issue comes" not in (await client.post(f"/confirm/{token}")).text
