"""One Chromium for the tests in a browser: the system's, driven by Playwright."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser as AsyncBrowser
from playwright.async_api import async_playwright

from previews.browser import Browser, find_chromium, open_browser


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Skips where there is no Chromium; in CI that is a failure."""
    path = find_chromium()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs Chromium for the browser tests")
        pytest.skip("no Chromium on this machine")
    return path


@pytest.fixture(scope="module")
def still_browser(chromium_path: str) -> Iterator[Browser]:
    """The browser that takes screenshots: no scripts, no network. For tests that are not async."""
    with open_browser(chromium_path) as browser:
        yield browser


@pytest.fixture
async def chromium(chromium_path: str) -> AsyncIterator[AsyncBrowser]:
    """A browser as readers have it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path, chromium_sandbox=os.geteuid() != 0
        )
        yield browser
        await browser.close()
