from pathlib import Path

import pytest

from previews.chromium import ChromiumFailed, find_chromium, open_chromium


def test_none_is_found_on_an_empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium() is None
    with pytest.raises(ChromiumFailed, match="install"), open_chromium():
        pass


def test_a_program_that_is_no_browser_is_told() -> None:
    with pytest.raises(ChromiumFailed), open_chromium("/bin/true"):
        pass


@pytest.mark.browser
def test_a_page_gets_no_scripts_and_the_scheme_it_is_given() -> None:
    if not find_chromium():
        pytest.skip("no Chromium on this machine")
    page = (
        "<html><body><p id=a>no</p><script>document.getElementById('a').textContent='ran'"
        "</script></body></html>"
    )
    with open_chromium() as browser:
        browser.show(page, width=375, dark=True)
        assert browser.evaluate("document.getElementById('a').textContent") == "no"
        assert browser.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is True
        assert browser.evaluate("innerWidth") == 375
        browser.show(page, width=640)
        assert browser.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is False
