"""Chromium laying out finished mails; the only file that knows Playwright (extra `pictures`).

Chromium's command line alone is not enough: its window is never narrower than 500 px, and it
cannot be given a colour scheme.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
HEIGHT = 800


class BrowserFailed(Exception):
    """Chromium could not be started or did not answer."""


def find_chromium() -> str | None:
    """The path of an installed Chromium or Chrome, or None. Playwright's own is not downloaded."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def what_is_missing() -> str | None:
    """What to install before pictures can be taken, in one line; None if nothing is missing."""
    if find_spec("playwright") is None:
        return "Playwright is not installed: pip install 'digest-newsletter[pictures]'"
    if find_chromium() is None:
        return "no Chromium found: install chromium or google-chrome"
    return None


class Browser:
    """One browser with one page, without scripts and network. Open it with `open_browser`."""

    def __init__(self, page: "Page") -> None:
        self.page = page

    def show(self, html: str, *, width: int, dark: bool = False) -> None:
        """Lay out `html` at `width` px, in the light or the dark scheme."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.emulate_media(color_scheme="dark" if dark else "light")
        self.page.set_content(html)

    def picture(self) -> bytes:
        """The whole page as PNG."""
        return self.page.screenshot(full_page=True)


@contextmanager
def open_browser(path: str | None = None) -> Iterator[Browser]:
    """A running browser; `path` is the program, by default the one that is installed.

    Not to be called in a thread with a running event loop, which Playwright's synchronous API
    needs for itself. Raises `BrowserFailed` if something is missing or fails.
    """
    if missing := what_is_missing():
        raise BrowserFailed(missing)
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=path or find_chromium(),
                # Chromium refuses to start as root with its sandbox, as in most containers.
                chromium_sandbox=not (hasattr(os, "geteuid") and os.geteuid() == 0),
            )
            try:
                context = chromium.new_context(java_script_enabled=False, offline=True)
                yield Browser(context.new_page())
            finally:
                chromium.close()
    except Error as error:
        raise BrowserFailed(error.message.partition("\n")[0]) from None
