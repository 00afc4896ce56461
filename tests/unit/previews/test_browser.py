import socket
from pathlib import Path

import pytest

from previews import browser as browsers
from previews.browser import BrowserFailed, find_chromium, open_browser, what_is_missing


def test_without_chromium_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium() is None
    with pytest.raises(BrowserFailed, match="install chromium"), open_browser():
        pass


def test_without_playwright_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers, "find_spec", lambda _: None)
    assert "digest-newsletter[pictures]" in str(what_is_missing())
    with pytest.raises(BrowserFailed, match="pip install"), open_browser():
        pass


@pytest.mark.browser
def test_a_program_that_is_not_a_browser_fails() -> None:
    if what_is_missing():
        pytest.skip("no Chromium on this machine")
    with pytest.raises(BrowserFailed), open_browser("/bin/true"):
        pass


@pytest.mark.browser
def test_a_page_gets_no_scripts_and_the_scheme_it_is_given() -> None:
    if what_is_missing():
        pytest.skip("no Chromium on this machine")
    html = (
        "<html><body><p id=a>no</p><script>document.getElementById('a').textContent='ran'"
        "</script></body></html>"
    )
    with open_browser() as browser:
        evaluate = browser.page.evaluate
        browser.show(html, width=375, dark=True)
        assert evaluate("document.getElementById('a').textContent") == "no"
        assert evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is True
        assert evaluate("innerWidth") == 375
        browser.show(html, width=640)
        assert evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is False


@pytest.mark.browser
def test_a_page_reaches_no_network() -> None:
    if what_is_missing():
        pytest.skip("no Chromium on this machine")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        port = server.getsockname()[1]
        with open_browser() as browser:
            browser.show(f'<img src="http://127.0.0.1:{port}/a.png">', width=375)
        with pytest.raises(TimeoutError):
            server.accept()
