"""What holds for every public page."""

import re

import httpx
import pytest

from digest.app import App
from digest.web.public.site import build_public
from tests.unit.web.conftest import Dump, Reader, SignUp

PAGES = (
    "/",
    "/signup",
    "/signup/sent",
    "/compare",
    "/issues",
    "/feed.xml",
    "/healthz",
    "/robots.txt",
    "/favicon.ico",
    "/static/site.css",
    "/static/mark.svg",
    "/nowhere",
    "/issues/1",
    "/issues/99999999999999999999",
    "/issues/" + "9" * 4301,
    "/issues/1_0",
    "/issues/-1",
    "/issues/x",
    "/confirm/x/renew",
    "/unsubscribe/preview",
    "/preferences/preview",
)


async def test_get_and_head_change_nothing_anywhere(
    client: httpx.AsyncClient, reader: Reader, sign_up: SignUp, comparison: str, dump: Dump
) -> None:
    token = await sign_up("bea@example.org")
    own = (reader.unsubscribe, reader.preferences, f"/confirm/{token}", f"/confirm/{token}/renew")
    before = await dump()
    for path in (*PAGES, *own, f"/compare/{comparison}"):
        for _ in range(3):
            get, head = await client.get(path), await client.head(path)
            assert get.status_code < 500
            assert head.status_code == get.status_code
            assert head.content == b""
    assert await dump() == before


async def test_every_answer_carries_the_security_headers_and_no_cookie(
    client: httpx.AsyncClient, reader: Reader
) -> None:
    for path in (*PAGES, reader.unsubscribe, reader.preferences):
        headers = (await client.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "script-src" not in policy, path
        assert "unsafe-inline" not in policy, path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "Strict-Transport-Security" in headers, path
        assert "Set-Cookie" not in headers, path


async def test_pages_of_one_reader_are_not_stored_indexed_or_sent_as_referrer(
    client: httpx.AsyncClient, reader: Reader, sign_up: SignUp
) -> None:
    token = await sign_up("bea@example.org")
    answers = [
        await client.get(f"/confirm/{token}"),
        await client.post(f"/confirm/{token}"),
        await client.get("/confirm/wrong"),
        await client.get(reader.preferences),
        await client.post(reader.preferences, data={"edition": "weekly"}),
        await client.get(reader.unsubscribe),
        await client.post(reader.unsubscribe),
        await client.post(reader.unsubscribe, data={"List-Unsubscribe": "One-Click"}),
    ]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Robots-Tag"] == "noindex"


async def test_no_page_has_a_script_or_an_inline_style(
    client: httpx.AsyncClient, reader: Reader, comparison: str
) -> None:
    for path in ("/", "/compare", f"/compare/{comparison}", "/issues", reader.preferences):
        text = (await client.get(path)).text
        assert "<script" not in text
        assert " style=" not in text
        assert "<style" not in text


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("GET", "/nowhere", 404, "This page does not exist"),
        ("GET", "/signup", 405, "That does not work here"),
        ("DELETE", "/", 405, "That does not work here"),
        ("POST", "/compare", 405, "That does not work here"),
        ("GET", "/static/../secret", 404, "This page does not exist"),
        ("GET", "/static/%2e%2e/base.html", 404, "This page does not exist"),
    ],
)
async def test_failures_are_pages_of_the_house(
    client: httpx.AsyncClient, method: str, path: str, status: int, says: str
) -> None:
    page = await client.request(method, path)
    assert page.status_code == status
    assert says in page.text
    assert "/static/site.css" in page.text


async def test_a_bug_shows_a_page_without_a_traceback_and_with_the_headers(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("digest.web.public.home.list_comparisons", broken)
    page = await client.get("/")
    assert page.status_code == 500
    assert "Something went wrong here" in page.text
    assert "secret detail" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


async def test_health_says_whether_the_database_answers(
    client: httpx.AsyncClient, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}

    def gone() -> None:
        raise OSError("gone")

    monkeypatch.setattr(type(app.store), "read", lambda _: gone())
    assert (await client.get("/healthz")).status_code == 503


async def test_under_a_path_every_link_starts_with_it(app: App, comparison: str) -> None:
    settings = app.settings.model_copy(update={"public_url": "https://example.org/digest"})
    moved = build_public(App(settings, app.store, app.keyring, app.clock))
    transport = httpx.ASGITransport(app=moved)
    async with httpx.AsyncClient(transport=transport, base_url="https://t") as client:
        for path in ("/", "/compare", f"/compare/{comparison}", "/nowhere"):
            text = (await client.get(path)).text
            links = re.findall(r'(?:href|action)="(/[^"]*)"', text)
            assert len(links) > 5
            assert [link for link in links if not link.startswith("/digest/")] == []
