"""Pictures of the samples compared with the reviewed ones: differences are recorded, not failed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from previews import goldens
from previews.browser import Browser
from previews.screenshots import VIEWPORTS, Viewport
from tests.browser.picture_difference import difference
from tests.goldens import compare_pictures, picture, picture_path

pytestmark = pytest.mark.browser

PHONE = Viewport(375, "light")


@pytest.mark.parametrize("name", ["everyday", "right-to-left"])
def test_differences_are_recorded(
    still_browser: Browser, name: str, record_property: Callable[[str, object], None]
) -> None:
    shares = dict(compare_pictures(still_browser, name, goldens.read(name).html))
    assert set(shares) == set(VIEWPORTS)
    for view, share in shares.items():
        record_property(f"{name}-{view.name}", f"{share:.2%} of the pixels differ")


def test_a_change_is_written_as_a_picture(still_browser: Browser, tmp_path: Path) -> None:
    html = goldens.read("single-item").html
    changed = html.replace("#166534", "#ff00ff")
    assert changed != html
    shares = dict(compare_pictures(still_browser, "single-item", changed, tmp_path))
    assert 0 < shares[PHONE] < 0.2
    assert (tmp_path / "single-item-375-light-difference.webp").stat().st_size > 100


def test_the_same_picture_does_not_differ(still_browser: Browser) -> None:
    shot = picture(still_browser, goldens.read("single-item").html, PHONE)
    assert difference(still_browser, shot, shot, width=375).share == 0


def test_the_reviewed_pictures_are_small() -> None:
    kept = [picture_path(name, view) for name in goldens.names() for view in VIEWPORTS]
    assert all(path.stat().st_size < 100_000 for path in kept)
