"""From sign-up to unsubscribe, with a scanner that opens every link a thousand times."""

import asyncio
import email
import re
import sqlite3
from collections.abc import AsyncIterator
from email import policy
from email.message import Message
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from digest.app import App
from digest.bootstrap import open_app, open_worker
from digest.delivery.states import DeliveryState
from digest.delivery.tables import Delivery
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.readers.signup import work_off_signups
from digest.services.sending import start
from digest.web.public.site import build_public
from tests.catalogue import add_comparison
from tests.journeys.conftest import SITE, CommandLine
from tests.readers import EDITOR

OPENINGS = 1_000
LINK = re.compile(r'href="(https?://[^"]+)"')
CONFIRM = re.compile(r"/confirm/[\w.-]+")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def app(digest: CommandLine) -> AsyncIterator[App]:
    async with open_app() as opened:
        async with opened.store.write() as session:
            await add_comparison(session, "Alpha", "Beta", opened.clock())
        yield opened


@pytest.fixture
async def site(app: App) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build_public(app))
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        yield client


@pytest.fixture
async def signed_up(digest: CommandLine, app: App, site: httpx.AsyncClient) -> str:
    """Ann has filled in the form; the path of the link that Ann got by mail."""
    await site.post("/signup", data={"address": "ann@example.org", "edition": "weekly"})
    await work_off_signups(app)
    await deliver(app)
    [message] = received(digest, "Please confirm")
    found = CONFIRM.search(text_of(message, "text/plain"))
    assert found is not None
    return found.group()


@pytest.fixture
async def issue(digest: CommandLine, app: App, site: httpx.AsyncClient, signed_up: str) -> Message:
    """The issue that Ann received after confirming."""
    assert (await site.post(signed_up)).status_code == 200
    await send_issue(app)
    [mail] = received(digest, "Alpha")
    return mail


async def send_issue(app: App) -> None:
    made = await compose_issue(app, EDITOR, "weekly", extra=True)
    await approve_issue(app, EDITOR, made.number)
    await start.send_issue(app, EDITOR, made.number, to_inbox=True)
    await deliver(app)


async def deliver(app: App) -> None:
    """Let a worker of the real engine send what is waiting."""
    waiting = select(Delivery).where(col(Delivery.state) != DeliveryState.ACCEPTED)
    async with open_worker(app) as worker:
        task = asyncio.create_task(worker.run())
        async with asyncio.timeout(20):
            while True:
                async with app.store.read() as session:
                    if not (await session.exec(waiting)).all():
                        break
                await asyncio.sleep(0.02)
        worker.stop()
        await task


async def test_opening_every_link_a_thousand_times_changes_nothing(
    digest: CommandLine, site: httpx.AsyncClient, signed_up: str, issue: Message
) -> None:
    links = {*LINK.findall(unescape(text_of(issue, "text/html"))), one_click(issue)}
    assert {f"{SITE}/issues", f"{SITE}/issues/1"} <= links
    assert any("/preferences/" in link for link in links)
    assert any("/compare/alpha-vs-beta" in link for link in links)
    before = dump(digest)
    opened = 0
    while opened < OPENINGS:
        for link in sorted(links | {signed_up}):
            for method in ("GET", "HEAD"):
                answer = await site.request(method, link)
                assert answer.status_code == 200, f"{method} {link}"
                assert answer.content or method == "HEAD"
                opened += 1
    assert dump(digest) == before


async def test_a_confirmation_link_does_nothing_until_the_button_is_pressed(
    digest: CommandLine, site: httpx.AsyncClient, signed_up: str
) -> None:
    before = dump(digest)
    for method in ("GET", "HEAD", "GET"):
        assert (await site.request(method, signed_up)).status_code == 200
    assert dump(digest) == before
    assert f'action="{signed_up}"' in (await site.get(signed_up)).text
    await site.post(signed_up)
    shown = await asyncio.to_thread(digest.json, "readers", "show", "ann@example.org")
    assert shown["editions"][0]["state"] == "active"
    assert [event["kind"] for event in shown["consent"]] == ["requested", "confirmed"]


@pytest.mark.parametrize(
    "body", [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}]
)
async def test_one_click_unsubscribes_and_the_next_issue_is_not_sent(
    digest: CommandLine,
    app: App,
    site: httpx.AsyncClient,
    issue: Message,
    body: dict[str, Any],
) -> None:
    assert issue["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for _ in range(2):
        answer = await site.post(one_click(issue), **body)
        assert (answer.status_code, answer.headers.get("location")) == (200, None)
        assert "set-cookie" not in answer.headers
    shown = await asyncio.to_thread(digest.json, "readers", "show", "ann@example.org")
    assert shown["editions"][0]["state"] == "ended"
    assert [event["kind"] for event in shown["consent"]].count("unsubscribed") == 1
    async with app.store.write() as session:
        await add_comparison(session, "Gamma", "Delta", app.clock())
    await asyncio.to_thread(digest, "readers", "add", "bob@example.org", "--confirmed")
    await send_issue(app)
    assert [mail["To"] for mail in received(digest, "Gamma", "Delta")] == ["bob@example.org"]


def one_click(mail: Message) -> str:
    assert len(mail.get_all("List-Unsubscribe") or []) == 1
    return str(mail["List-Unsubscribe"]).strip().removeprefix("<").removesuffix(">")


def received(digest: CommandLine, *words: str) -> list[Message]:
    """The messages of the built-in inbox with one of these words in the subject."""
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(digest.inbox.glob("*.eml"))
    ]
    return [mail for mail in mails if any(word in str(mail["Subject"]) for word in words)]


def text_of(mail: Message, kind: str) -> str:
    [part] = [part for part in mail.walk() if part.get_content_type() == kind]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode("utf-8")


def dump(digest: CommandLine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, read without the program."""
    path: Path = digest.folder / "var" / "digest.db"
    with sqlite3.connect(path) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names}
    database.close()
    return found
