"""The public pages and the desk in a real browser with JavaScript switched off."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, Page
from sqlmodel import select

from digest.app import App
from digest.inbox import folder as inbox
from digest.services.readers.signup import work_off_signups
from digest.web.desk.site import build_desk
from digest.web.public.site import build_public
from schedules.editions import create_default
from subscribers.signup import raw_token
from subscribers.states import SubscriptionState
from subscribers.tables import ConfirmationToken, Subscription

pytestmark = pytest.mark.browser

MAIL = (
    "From: Weekly <digest@news.example.org>\r\nSubject: Please confirm\r\n"
    "Content-Type: text/html; charset=utf-8\r\n\r\n"
    '<!doctype html><html><head></head><body style="margin:0"><a href="{link}">Confirm</a>'
    "<script>document.title='run'</script></body></html>\r\n"
)


@dataclass
class Sites:
    """A running installation."""

    app: App
    public: str
    desk: str


@pytest.fixture
async def sites(app: App) -> AsyncIterator[Sites]:
    async with app.store.write() as session:
        await create_default(session, app.clock(), name=app.settings.site_name)
    async with _serving(build_public(app)) as public, _serving(build_desk(app)) as desk:
        yield Sites(app, public, desk)


@pytest.fixture
async def browser(chromium: Browser) -> BrowserContext:
    return await chromium.new_context(
        java_script_enabled=False, viewport={"width": 375, "height": 800}
    )


@contextlib.asynccontextmanager
async def _serving(site: FastAPI) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(site, log_config=None, lifespan="off"))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        task = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await task


async def _token(app: App) -> str:
    await work_off_signups(app)
    async with app.store.read() as session:
        return raw_token(app.keyring, (await session.exec(select(ConfirmationToken))).one())


async def _states(app: App) -> list[str]:
    async with app.store.read() as session:
        return [row.state for row in await session.exec(select(Subscription))]


async def test_a_reader_signs_up_confirms_and_leaves_without_javascript(
    sites: Sites, browser: BrowserContext
) -> None:
    page = await browser.new_page()
    await page.goto(sites.public)
    await page.get_by_label("Your email address").fill("ann@")
    await page.get_by_role("button", name="Get the verdicts").click()
    field = page.get_by_label("Your email address")
    assert await field.input_value() == "ann@"
    assert await page.get_by_text("That doesn't look like an email address.").is_visible()
    await field.fill("ann@example.org")
    await page.get_by_role("button", name="Get the verdicts").click()
    await page.get_by_role("heading", name="Check your inbox.").wait_for()
    assert page.url == f"{sites.public}/signup/sent"

    await page.goto(f"{sites.public}/confirm/{await _token(sites.app)}")
    await page.get_by_role("button", name="Yes, send it to me").click()
    await page.get_by_role("heading", name="You're on the list").wait_for()
    assert await _states(sites.app) == [SubscriptionState.ACTIVE]


async def test_pages_load_their_style_and_violate_no_policy_of_their_own(
    sites: Sites, browser: BrowserContext
) -> None:
    page = await browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for address in (f"{sites.public}/", f"{sites.public}/compare", f"{sites.public}/issues"):
        await page.goto(address)
        assert await _style(page, "h1", "font-family") == 'Georgia, "Times New Roman", serif'
    for address in (f"{sites.desk}/", f"{sites.desk}/inbox"):
        await page.goto(address)
        assert await _style(page, "h1", "font-family") == 'Georgia, "Times New Roman", serif'
    assert complaints == []


async def test_the_hidden_field_is_out_of_sight_and_out_of_the_tab_order(
    sites: Sites, browser: BrowserContext
) -> None:
    page = await browser.new_page()
    await page.goto(sites.public)
    box = await page.locator("input[name=topic]").bounding_box()
    assert box is None or box["x"] < -1000
    await page.get_by_label("Your email address").focus()
    await page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert await focused.inner_text() == "Get the verdicts"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_overflows_on_a_phone(
    sites: Sites, browser: BrowserContext, scheme: str
) -> None:
    page = await browser.new_page()
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path in ("/", "/compare", "/issues", "/signup/sent", "/nowhere"):
        await page.goto(sites.public + path)
        box = await page.locator("main").bounding_box()
        assert box is not None
        assert box["width"] == 375
        wide = await page.locator("body *:visible").evaluate_all(
            "found => found.filter(e => e.getBoundingClientRect().right > 375).length"
        )
        assert wide == 0


async def test_a_link_in_a_received_mail_opens_in_a_new_tab_and_scripts_do_not_run(
    sites: Sites, browser: BrowserContext
) -> None:
    raw = MAIL.format(link=f"{sites.public}/compare").encode()
    envelope = inbox.Envelope("", ("ann@example.org",), sites.app.clock())
    message_id = inbox.store_message(sites.app.settings.inbox_dir, envelope, raw)
    page = await browser.new_page()
    await page.goto(f"{sites.desk}/inbox/{message_id}")
    frame = page.frame_locator("iframe")
    async with browser.expect_page() as opened:
        await frame.get_by_role("link", name="Confirm").click()
    tab = await opened.value
    await tab.wait_for_load_state()
    assert tab.url == f"{sites.public}/compare"
    assert await tab.get_by_role("heading", name="Comparisons").is_visible()


async def _style(page: Page, selector: str, name: str) -> str:
    value = await page.locator(selector).first.evaluate(
        "(element, name) => getComputedStyle(element).getPropertyValue(name)", name
    )
    return str(value)
