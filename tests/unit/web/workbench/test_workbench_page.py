"""The workbench's pages: every view of a sample, comparisons, and scripts that never run."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from digest.app import App
from digest.issues.editing import Edit
from digest.issues.states import IssueState
from digest.services.actor import Actor, Channel
from digest.services.issues.compose import compose_issue
from digest.services.issues.edit import edit_issue
from digest.services.preflight.check import override_error
from digest.services.sending import test_mails
from digest.web.desk.site import build_desk
from digest.web.workbench.view import SOURCE_VIEWS
from previews.views.client_views import CLIENT_VIEWS
from previews.views.highlights import highlight_id
from schedules.tables import Edition
from tests.catalogue import add_comparison
from tests.readers import EDITOR
from tests.unit.web.conftest import add_issue


@pytest.mark.parametrize("view", CLIENT_VIEWS.values(), ids=CLIENT_VIEWS)
async def test_every_client_view_has_a_note_and_is_framed_inert(
    desk: httpx.AsyncClient, view: object
) -> None:
    assert view in CLIENT_VIEWS.values()
    key = getattr(view, "key", "")
    page = (await desk.get(f"/samples/emoji?view={key}&width=320")).text
    assert CLIENT_VIEWS[key].note.split("'")[0] in page
    assert page.count("<iframe") == 1
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    frame = await desk.get(f"/samples/emoji/frame?view={key}")
    assert "<script>" not in frame.text
    policy = frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups" in policy
    assert ("img-src 'none'" in policy) == (key == "no-images")


@pytest.mark.parametrize("view", SOURCE_VIEWS)
async def test_every_other_view_is_shown(desk: httpx.AsyncClient, view: str) -> None:
    page = await desk.get(f"/samples/emoji?view={view}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<iframe" not in page.text


async def test_the_headers_are_shown_decoded_too(desk: httpx.AsyncClient) -> None:
    page = (await desk.get("/samples/emoji?view=headers")).text
    assert "=?utf-8?" in page
    assert '<span class="none">🦜 Parrot Studio' in page


async def test_a_sample_is_compared_with_another(desk: httpx.AsyncClient) -> None:
    page = (await desk.get("/samples/emoji?against=sample-no-panel&width=375")).text
    assert 'src="/samples/no-panel/frame?view=light"' in page
    lines = (await desk.get("/samples/emoji?against=sample-no-panel&view=text")).text
    assert '<li class="gone"><span class="no">−</span><span class="line">[NO TAKE] Umbra' in lines
    same = (await desk.get("/samples/emoji?against=sample-emoji&view=source")).text
    assert "No line differs." in same


@pytest.mark.parametrize(
    "path",
    [
        "/samples/nope",
        "/samples/emoji?view=nope",
        "/samples/emoji?width=9",
        "/samples/emoji?variant=nope",
        "/samples/emoji?against=nope",
        "/samples/emoji?against=golden-nope",
        "/samples/emoji?against=issue-" + "9" * 4301,
        "/preview?subject=issue-x",
        "/issues/" + "9" * 4301,
        "/issues/" + "9" * 4301 + "/frame",
        "/issues/-1",
        "/samples/emoji/frame?view=text",
        "/samples/emoji?view=preflight",
        "/samples/nope/live",
        "/issues/7/live",
        "/goldens/nope/frame",
    ],
)
async def test_what_does_not_exist_is_reported(desk: httpx.AsyncClient, path: str) -> None:
    page = await desk.get(path)
    assert page.status_code == 404
    assert "<h1>This page does not exist</h1>" in page.text


async def test_a_locator_highlights_its_element_and_nothing_else(
    desk: httpx.AsyncClient, app: App, weekly: Edition
) -> None:
    await add_issue(app, weekly, 3, IssueState.APPROVED)
    spot = "html>body>p:nth-child(1)"
    marked = await desk.get("/issues/3/frame", params={"spot": spot})
    assert f'<p id="{highlight_id(spot)}">' in marked.text
    bad = await desk.get("/issues/3/frame", params={"spot": "p{}</style><b>"})
    assert "</style><b>" not in bad.text
    assert 'id="spot-' not in bad.text


async def test_preflight_s_findings_are_on_the_issue_s_page(
    desk: httpx.AsyncClient, app: App, weekly: Edition
) -> None:
    async with app.store.write() as session:
        await add_comparison(session, "Alpha", "Beta", app.clock() - timedelta(hours=1))
    await compose_issue(app, EDITOR, "weekly")
    await edit_issue(app, EDITOR, 1, Edit(subject="TODO write a subject"))
    page = (await desk.get("/issues/1?view=preflight")).text
    assert '<span class="badge skip">error</span>' in page
    assert "TODO" in page
    assert "overridden by" not in page
    await override_error(
        app, Actor(Channel.COMMAND_LINE, "Ann"), 1, "CNT-021", reason="it is the tool's name"
    )
    page = (await desk.get("/issues/1?view=preflight")).text
    assert "overridden by Ann: it is the tool" in page


async def test_the_issue_s_page_lists_its_tests(
    desk: httpx.AsyncClient, app: App, weekly: Edition
) -> None:
    async with app.store.write() as session:
        await add_comparison(session, "Alpha", "Beta", app.clock() - timedelta(hours=1))
    await compose_issue(app, EDITOR, "weekly")
    before = (await desk.get("/issues/1")).text
    assert "<code>digest issues test 1 --to you@example.org</code>" in before
    await test_mails.send_test(app, EDITOR, 1, ["ed@example.org"])
    await edit_issue(app, EDITOR, 1, Edit(subject="Alpha ships after all"))
    await test_mails.send_test(app, EDITOR, 1, ["ann@example.org"])
    page = (await desk.get("/issues/1?view=text")).text
    listed = page.partition('class="tests"')[2].partition("</details>")[0]
    newer, older = listed.split("<li>")[1:]
    assert "<strong>ann@example.org</strong>" in newer
    assert '<span class="state pending">pending</span>' in newer
    assert "an earlier version" not in newer
    assert "<strong>ed@example.org</strong>" in older
    assert "an earlier version" in older
    assert "ed@example.org" not in (await desk.get("/samples/emoji")).text


async def test_a_change_sends_an_event_within_a_second(
    app: App, weekly: Edition, tmp_path: Path
) -> None:
    folder = tmp_path / "email"
    (folder / "shared").mkdir(parents=True)
    (folder / "weekly").mkdir()
    site = build_desk(app, templates=folder)
    events: list[bytes] = []
    heard = asyncio.Event()

    async def receive() -> dict[str, object]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        if body := message.get("body"):
            events.append(bytes(body))  # type: ignore[call-overload]
            heard.set()

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/samples/emoji/live",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
    }
    streaming = asyncio.create_task(site(scope, receive, send))  # type: ignore[arg-type]
    await asyncio.wait_for(heard.wait(), 5)
    heard.clear()
    await asyncio.sleep(0.3)
    (folder / "weekly" / "issue.mjml.j2").write_text("<mjml>", "utf-8")
    await asyncio.wait_for(heard.wait(), 2)
    assert len(set(events)) == 2
    site.state.closing.set()
    await asyncio.wait_for(streaming, 2)
