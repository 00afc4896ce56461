"""The desk: on this machine only, and it only reads."""

import httpx
import pytest
from pydantic import SecretStr
from sqlmodel import col, select

from digest.app import App
from digest.inbox import folder as inbox
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.issues.reports import NEWEST
from digest.web.desk.site import build_desk
from schedules.states import SlotState
from schedules.tables import Edition, Slot
from tests.readers import sign_up
from tests.unit.web.conftest import Dump, add_issue

MAIL = (
    b"From: Weekly <digest@news.example.org>\r\nSubject: Hello <b>you</b>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Confirm: http://127.0.0.1:8000/confirm/x <script>alert(1)</script> javascript:alert(2)\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<p>Page</p><script>alert(3)</script>\r\n--b--\r\n"
)


def receive(app: App, raw: bytes = MAIL, to: str = "ann@example.org") -> str:
    envelope = inbox.Envelope("bounces@news.example.org", (to,), app.clock())
    return inbox.store_message(app.settings.inbox_dir, envelope, raw)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8001", "127.0.0.1.evil.example", "10.0.0.5", ""]
)
async def test_any_other_host_name_is_refused(desk: httpx.AsyncClient, app: App, host: str) -> None:
    message_id = receive(app)
    for path in ("/", "/inbox", f"/inbox/{message_id}/message.eml", "/static/desk.css"):
        page = await desk.get(path, headers={"Host": host})
        assert page.status_code == 403
        assert "Hello" not in page.text


async def test_requests_embedded_in_another_site_are_refused(desk: httpx.AsyncClient) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    image = await desk.get("/samples/emoji/frame", headers={**elsewhere, "Sec-Fetch-Dest": "image"})
    link = await desk.get("/", headers={**elsewhere, "Sec-Fetch-Dest": "document"})
    assert (image.status_code, link.status_code) == (403, 200)


@pytest.mark.parametrize("host", ["localhost:8001", "127.0.0.1", "[::1]:8001"])
async def test_loopback_names_are_served(desk: httpx.AsyncClient, host: str) -> None:
    assert (await desk.get("/", headers={"Host": host})).status_code == 200


async def test_empty_states_say_what_to_do(desk: httpx.AsyncClient) -> None:
    overview = (await desk.get("/")).text
    assert "digest comparisons import PATH" in overview
    assert "digest issues compose" in overview
    assert "Sign up on the public page" in (await desk.get("/inbox")).text


async def test_the_overview_begins_with_what_is_not_running(desk: httpx.AsyncClient) -> None:
    """As on a desk without a sender, such as that of `digest preview`."""
    overview = (await desk.get("/")).text
    assert "Nothing is running that sends mail; start `digest serve`." in overview
    assert overview.index("Nothing is running") < overview.index("Schedule")


async def test_with_a_relay_the_inbox_says_how_to_send_there(app: App) -> None:
    settings = app.settings.model_copy(update={"smtp_url": SecretStr("smtp://u:p@relay.example")})
    transport = httpx.ASGITransport(
        app=build_desk(App(settings, app.store, app.keyring, app.clock))
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        page = (await client.get("/inbox")).text
    assert "digest issues send N --to-inbox" in page
    assert "relay.example" not in page


async def test_the_overview_counts_the_newest_issues_only(
    desk: httpx.AsyncClient, app: App, weekly: Edition
) -> None:
    for number in range(1, NEWEST + 3):
        await add_issue(app, weekly, number, IssueState.SENT)
    page = (await desk.get("/")).text
    shown = [number for number in range(1, NEWEST + 3) if f'href="/issues/{number}"' in page]
    assert shown == list(range(3, NEWEST + 3))
    assert "digest issues list --all" in page
    assert '<option value="issue-1">' in (await desk.get("/issues/3")).text


async def test_the_overview_shows_slots_and_issues(
    desk: httpx.AsyncClient, app: App, weekly: Edition
) -> None:
    await add_issue(app, weekly, 3, IssueState.SENT)
    page = (await desk.get("/")).text
    assert "no readers, in" in page
    assert 'href="/issues/3"' in page
    assert "A &lt;b&gt;ships&lt;/b&gt;" in page


@pytest.mark.parametrize("state", [IssueState.SENDING, IssueState.PAUSED, IssueState.CANCELLED])
async def test_a_slot_is_green_only_when_its_issue_is_sent(
    desk: httpx.AsyncClient, app: App, weekly: Edition, state: IssueState
) -> None:
    await add_issue(app, weekly, 3, state)
    async with app.store.write() as session:
        slot = (await session.exec(select(Slot).order_by(col(Slot.send_at)))).first()
        issue = (await session.exec(select(Issue))).one()
        assert slot is not None
        slot.state, issue.slot_id = SlotState.SENT, slot.id
        session.add_all([slot, issue])
    page = (await desk.get("/")).text
    assert f'<span class="state {state}">{state}</span> <a class="tap" href="/issues/3">' in page
    assert 'class="state sent"' not in page


async def test_the_overview_says_what_became_of_sign_ups(
    desk: httpx.AsyncClient, app: App, weekly: Edition
) -> None:
    assert "Sign-ups since yesterday" not in (await desk.get("/")).text
    for address in ("ann@example.org", "ann+x@example.org", "ann+y@example.org"):
        await sign_up(app, address)
    page = (await desk.get("/")).text
    assert "2 waits: mailbox · 1 mailed · 2 waiting now (mailbox)" in page
    metrics = (await desk.get("/metrics")).text
    assert 'digest_signups_total{outcome="waits: mailbox"} 2.0' in metrics
    assert 'digest_signups_waiting{cap="mailbox"} 2.0' in metrics


async def test_an_issue_is_shown_at_both_widths_and_in_both_schemes(
    desk: httpx.AsyncClient, app: App, weekly: Edition
) -> None:
    await add_issue(app, weekly, 3, IssueState.APPROVED)
    page = (await desk.get("/issues/3?variant=all&view=dark")).text
    assert page.count('sandbox="allow-popups allow-popups-to-escape-sandbox"') == 2
    assert page.count('src="/issues/3/frame?view=dark&amp;variant=all&amp;v=') == 2
    assert 'class="w375"' in page
    assert 'class="w640"' in page
    assert "Gmail clips at 102.0 KB" in page
    dark = await desk.get("/issues/3/all.html?scheme=dark")
    assert "@media (min-width:0)" in dark.text
    assert "script-src" not in dark.headers["Content-Security-Policy"]
    assert "sandbox" in dark.headers["Content-Security-Policy"]


async def test_an_issue_s_text_and_source_are_shown_inert(
    desk: httpx.AsyncClient, app: App, weekly: Edition
) -> None:
    await add_issue(app, weekly, 3, IssueState.APPROVED)
    text = (await desk.get("/issues/3?view=text")).text
    assert "the issue &lt;in&gt; text" in text
    source = (await desk.get("/issues/3?view=source")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in source
    assert "<script>" not in source
    raw = (await desk.get("/issues/3?view=raw")).text
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in raw
    eml = await desk.get("/issues/3/all.eml")
    assert eml.headers["Content-Type"] == "message/rfc822"
    assert eml.headers["Content-Disposition"] == 'attachment; filename="issue-3-all.eml"'
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in eml.content
    assert (await desk.get("/issues/3/all.txt")).headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    "path",
    ["/issues/9", "/issues/99999999999999999999", "/issues/3/nope.html", "/issues/3?variant=nope"],
)
async def test_what_does_not_exist_gets_a_page_of_one_sentence(
    desk: httpx.AsyncClient, app: App, weekly: Edition, path: str
) -> None:
    await add_issue(app, weekly, 3, IssueState.APPROVED)
    page = await desk.get(path)
    assert page.status_code == 404
    assert "<h1>This page does not exist</h1>" in page.text


async def test_the_inbox_lists_what_was_received(desk: httpx.AsyncClient, app: App) -> None:
    message_id = receive(app)
    page = (await desk.get("/inbox")).text
    assert f'href="/inbox/{message_id}"' in page
    assert "Hello &lt;b&gt;you&lt;/b&gt;" in page
    assert "ann@example.org" in page
    assert "20 Nov 2026, 12:00:00" in page


async def test_the_inbox_comes_in_pages(desk: httpx.AsyncClient, app: App) -> None:
    for number in range(51):
        receive(app, b"Subject: x\r\n\r\n", f"reader{number}@example.org")
    first, second = (await desk.get("/inbox")).text, (await desk.get("/inbox?page=2")).text
    assert (first.count("@example.org"), second.count("@example.org")) == (50, 1)
    assert 'href="/inbox?page=2"' in first
    assert "Back to the newest" in (await desk.get("/inbox?page=3")).text
    assert (await desk.get("/inbox?page=0")).status_code == 422


async def test_a_message_is_shown_inert_with_working_links(
    desk: httpx.AsyncClient, app: App
) -> None:
    message_id = receive(app)
    page = (await desk.get(f"/inbox/{message_id}?width=phone&scheme=dark")).text
    assert f'src="/inbox/{message_id}/page.html?scheme=dark"' in page
    assert 'class="w375"' in page
    assert '<a href="http://127.0.0.1:8000/confirm/x"' in page
    assert "<script" not in page
    assert 'href="javascript' not in page
    frame = await desk.get(f"/inbox/{message_id}/page.html")
    assert "<p>Page</p>" in frame.text
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    raw = await desk.get(f"/inbox/{message_id}/message.eml")
    assert raw.content == MAIL
    assert raw.headers["Content-Disposition"].startswith("attachment")


async def test_a_message_without_parts_says_so(desk: httpx.AsyncClient, app: App) -> None:
    message_id = receive(app, b"Content-Type: text/html\r\n\r\n<p>only</p>")
    assert "no text part" in (await desk.get(f"/inbox/{message_id}")).text
    plain = receive(app, b"\r\nonly text")
    assert (await desk.get(f"/inbox/{plain}/page.html")).status_code == 404


@pytest.mark.parametrize("name", ["..%2f..%2fsecret", "x", "%00", "20261120T120000000000-abcdef12"])
async def test_only_messages_are_read(desk: httpx.AsyncClient, name: str) -> None:
    for path in (f"/inbox/{name}", f"/inbox/{name}/message.eml", f"/inbox/{name}/page.html"):
        assert (await desk.get(path)).status_code == 404


async def test_the_desk_writes_nothing_and_accepts_no_post(
    desk: httpx.AsyncClient, app: App, weekly: Edition, dump: Dump
) -> None:
    await add_issue(app, weekly, 3, IssueState.APPROVED)
    message_id = receive(app)
    before = await dump()
    for path in ("/", "/issues/3", "/issues/3/all.html", "/inbox", f"/inbox/{message_id}"):
        get, head = await desk.get(path), await desk.head(path)
        assert (get.status_code, head.status_code) == (200, 200)
        assert head.content == b""
        assert (await desk.post(path)).status_code == 405
        policy = get.headers["Content-Security-Policy"]
        scripts = [rule.strip() for rule in policy.split(";") if "script-src" in rule]
        assert scripts == (["script-src 'self'"] if path == "/issues/3" else [])
        assert "frame-ancestors 'none'" in policy or "frame-ancestors 'self'; sandbox" in policy
        assert get.headers["X-Content-Type-Options"] == "nosniff"
    assert await dump() == before
