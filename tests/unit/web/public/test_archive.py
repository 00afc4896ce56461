"""The archive, and its feed."""

from dataclasses import replace
from xml.etree import ElementTree

import httpx
import pytest

from digest.app import App
from digest.issues.states import IssueState
from digest.web.public.site import build_public
from schedules.tables import Edition
from tests.unit.web.conftest import add_issue

ATOM = {"a": "http://www.w3.org/2005/Atom"}


async def test_a_sent_issue_is_shown_as_it_went_out(
    client: httpx.AsyncClient, app: App, weekly: Edition
) -> None:
    await add_issue(app, weekly, 1, IssueState.SENT)
    page = await client.get("/issues/1")
    assert page.status_code == 200
    assert "the issue" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "style-src 'unsafe-inline'" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "state", [IssueState.DRAFT, IssueState.APPROVED, IssueState.SCHEDULED, IssueState.CANCELLED]
)
async def test_what_is_not_published_is_not_there(
    client: httpx.AsyncClient, app: App, weekly: Edition, state: IssueState
) -> None:
    await add_issue(app, weekly, 1, state)
    assert (await client.get("/issues/1")).status_code == 404
    assert "/issues/1" not in (await client.get("/issues")).text
    assert "/issues/1" not in (await client.get("/feed.xml")).text


async def test_the_archive_lists_the_newest_first(
    client: httpx.AsyncClient, app: App, weekly: Edition
) -> None:
    for number in (1, 2):
        await add_issue(app, weekly, number, IssueState.SENT)
    page = (await client.get("/issues")).text
    assert page.index('href="/issues/2"') < page.index('href="/issues/1"')
    assert "A &lt;b&gt;ships&lt;/b&gt; &amp; B" in page
    assert "17 November 2026" in page


async def test_an_empty_archive_says_what_to_do(client: httpx.AsyncClient) -> None:
    assert "No issue has been sent yet" in (await client.get("/issues")).text


async def test_the_feed_is_well_formed_whatever_the_subjects_hold(
    client: httpx.AsyncClient, app: App, weekly: Edition
) -> None:
    await add_issue(app, weekly, 7, IssueState.SENT)
    answer = await client.get("/feed.xml")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.content)
    (entry,) = feed.findall("a:entry", ATOM)
    assert entry.findtext("a:title", None, ATOM) == "A <b>ships</b> & B splits"
    assert entry.findtext("a:id", None, ATOM) == "https://digest.example.org/issues/7"
    assert entry.findtext("a:updated", None, ATOM) == "2026-11-20T12:00:00+00:00"
    assert feed.findtext("a:updated", None, ATOM) == "2026-11-20T12:00:00+00:00"


async def test_an_empty_feed_is_a_feed(client: httpx.AsyncClient) -> None:
    feed = ElementTree.fromstring((await client.get("/feed.xml")).content)
    assert feed.findall("a:entry", ATOM) == []
    assert feed.findtext("a:title", None, ATOM) == "Weekly AI Tool Verdicts"


async def test_pages_and_feed_carry_the_name_of_the_site(app: App) -> None:
    settings = app.settings.model_copy(update={"site_name": "Tools & Trouble"})
    transport = httpx.ASGITransport(app=build_public(replace(app, settings=settings)))
    async with httpx.AsyncClient(transport=transport, base_url=settings.public_url) as client:
        feed = ElementTree.fromstring((await client.get("/feed.xml")).content)
        page = (await client.get("/issues")).text
    assert feed.findtext("a:title", None, ATOM) == "Tools & Trouble"
    assert feed.findtext("a:author/a:name", None, ATOM) == "Tools & Trouble"
    assert page.count("Tools &amp; Trouble") == 4  # title, link to the feed, header and footer
    assert "Weekly AI Tool Verdicts" not in page
