"""Pictures of the samples beside the reviewed: written down to be looked at, never a failure."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from previews import goldens
from previews.chromium import Chromium, find_chromium, open_chromium
from previews.picture_difference import difference
from previews.screenshots import VIEWPORTS, Viewport
from tests.goldens import compare_pictures, picture, picture_path

pytestmark = pytest.mark.browser

PHONE = Viewport(375, "light")


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    if not find_chromium():
        pytest.skip("no Chromium on this machine")
    with open_chromium() as browser:
        yield browser


@pytest.mark.parametrize("name", ["everyday", "right-to-left"])
def test_what_differs_is_told(
    browser: Chromium, name: str, record_property: Callable[[str, object], None]
) -> None:
    shares = dict(compare_pictures(browser, name, goldens.read(name).html))
    assert set(shares) == set(VIEWPORTS)
    for view, share in shares.items():
        record_property(f"{name}-{view.name}", f"{share:.2%} of the pixels differ")


def test_a_change_makes_a_picture_of_itself(browser: Chromium, tmp_path: Path) -> None:
    html = goldens.read("single-item").html
    changed = html.replace("#166534", "#ff00ff")
    assert changed != html
    shares = dict(compare_pictures(browser, "single-item", changed, tmp_path))
    assert 0 < shares[PHONE] < 0.2
    assert (tmp_path / "single-item-375-light-difference.webp").stat().st_size > 100


def test_the_same_picture_does_not_differ(browser: Chromium) -> None:
    shot = picture(browser, goldens.read("single-item").html, PHONE)
    assert difference(browser, shot, shot, width=375).share == 0


def test_the_reviewed_pictures_are_small() -> None:
    kept = [picture_path(name, view) for name in goldens.names() for view in VIEWPORTS]
    assert all(path.stat().st_size < 100_000 for path in kept)
