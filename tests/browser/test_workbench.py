"""The workbench in a real browser: a template is edited on disk, and the page updates."""

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from digest.app import App
from digest.issues.states import IssueState
from digest.rendering.templates.template_set import ROOT
from digest.services.issues.compose import compose_issue
from digest.serving import running_workbench
from schedules.editions import create_default, get_edition
from tests.catalogue import add_comparison
from tests.readers import EDITOR
from tests.unit.web.conftest import ISSUE_HTML, add_issue

pytestmark = pytest.mark.browser

PATIENCE = 10_000  # half a second on an idle machine; tests share theirs


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A template of a copy that the test edits as an editor would."""
    return Path(shutil.copytree(ROOT, tmp_path / "email")) / "weekly" / "card.mjml.j2"


@pytest.fixture
async def address(app: App, card: Path) -> AsyncIterator[str]:
    async with app.store.write() as session:
        await create_default(session, app.clock(), name=app.settings.site_name)
    async with running_workbench(app, card.parents[1], 0) as address:
        yield address


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
async def context(chromium: Browser, request: pytest.FixtureRequest) -> BrowserContext:
    return await chromium.new_context(
        java_script_enabled=request.param, viewport={"width": 1280, "height": 900}
    )


def edit(template: Path, before: str, after: str) -> None:
    text = template.read_text("utf-8")
    assert before in text
    template.write_text(text.replace(before, after), "utf-8")


@pytest.mark.parametrize("context", [True], indirect=True, ids=["scripts"])
async def test_a_saved_template_shows_at_once_and_a_mistake_in_place(
    address: str, card: Path, context: BrowserContext
) -> None:
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{address}/samples/everyday?width=375")
    mail = page.frame_locator("iframe")
    await expect(mail.get_by_text("in full").first).to_be_visible()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()

    edit(card, "in full</a>", "at length</a>")
    await expect(mail.get_by_text("at length").first).to_be_visible(timeout=PATIENCE)

    edit(card, "item.category |", "item.categry |")
    problem = page.get_by_role("alert")
    await expect(problem).to_contain_text("card.mjml.j2:9", timeout=PATIENCE)
    await expect(problem).to_contain_text("categry")
    await expect(problem).to_contain_text("last good version")
    await expect(mail.get_by_text("at length").first).to_be_visible()

    edit(card, "item.categry |", "item.category |")
    await expect(problem).to_be_hidden(timeout=PATIENCE)
    assert complaints == []


async def test_every_view_is_reached_by_plain_links(address: str, context: BrowserContext) -> None:
    page = await context.new_page()
    await page.goto(f"{address}/preview")
    names = await page.locator(".views a").all_inner_texts()
    assert len(names) == 13
    for name in names:
        await page.locator(".views").get_by_role("link", name=name, exact=True).click()
        await expect(page.locator(".views a[aria-current]")).to_have_text(name)


@pytest.mark.parametrize("context", [True], indirect=True, ids=["scripts"])
async def test_a_finding_leads_to_its_place(
    app: App, address: str, card: Path, context: BrowserContext
) -> None:
    async with app.store.write() as session:
        for left, right in (("Alpha", "Beta"), ("Gamma", "Delta"), ("Epsilon", "Zeta")):
            await add_comparison(session, left, right, app.clock() - timedelta(hours=1))
    await compose_issue(app, EDITOR, "weekly")
    edit(card, "in full</a>", "in full</a> <a href='https://example.org/'>here</a>")
    page = await context.new_page()
    await page.goto(f"{address}/issues/1?view=preflight")
    finding = page.locator(".findings li", has_text="A11-050").last
    await finding.get_by_role("link").click()

    await expect(page.locator(".views a[aria-current]")).to_have_text("Light")
    spot = page.frame_locator("iframe").locator(":target")
    await expect(spot).to_have_text("here")
    await expect(spot).to_have_css("outline-color", "rgb(217, 119, 6)")
    await expect(spot).to_be_in_viewport(timeout=PATIENCE)
    frame, there = await page.locator("iframe").bounding_box(), await spot.bounding_box()
    assert frame
    assert there
    assert frame["y"] < there["y"] < frame["y"] + frame["height"]
    await page.get_by_role("link", name="Back to the findings").click()
    await expect(page.locator(".views a[aria-current]")).to_have_text("Preflight")


@pytest.mark.parametrize("context", [True], indirect=True, ids=["scripts"])
async def test_a_script_in_a_mail_does_not_run(
    app: App, address: str, context: BrowserContext
) -> None:
    async with app.store.read() as session:
        weekly = await get_edition(session, "weekly")
    await add_issue(app, weekly, 3, IssueState.APPROVED)
    assert "<script>alert(1)</script>" in ISSUE_HTML
    page = await context.new_page()
    alerts: list[str] = []
    page.on("dialog", lambda dialog: alerts.append(dialog.message))
    for path in ("/issues/3", "/issues/3?view=source", "/issues/3/frame"):
        await page.goto(address + path)
        await page.wait_for_timeout(300)
    assert alerts == []


@pytest.mark.parametrize("width", [375, 1280])
async def test_the_page_fits_its_window(address: str, context: BrowserContext, width: int) -> None:
    page = await context.new_page()
    await page.set_viewport_size({"width": width, "height": 900})
    for view in ("light", "source", "headers", "sizes", "raw"):
        await page.goto(f"{address}/samples/longest-names?view={view}")
        assert await _overflow(page) <= width


async def _overflow(page: Page) -> int:
    return int(await page.evaluate("document.documentElement.scrollWidth"))
