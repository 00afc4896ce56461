"""The samples as rendered now, compared with their reviewed goldens; `make goldens` updates them.

`tests/unit/rendering/test_goldens.py` compares HTML and text byte by byte. Pictures change with
fonts and browsers, so their differences are only written to files for review.
"""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from digest.rendering.issue import compile_issue
from digest.rendering.templates.template_set import load_templates
from digest.services.workbench.samples import READER, SITE, TEMPLATES, sample_content
from previews import goldens, samples
from previews.browser import Browser, open_browser, what_is_missing
from previews.goldens import Golden
from previews.screenshots import VIEWPORTS, Viewport
from tests.browser.picture_difference import difference, webp

MOST_HEIGHT = 1600
DIFFERENCES = Path("var/goldens")


def rendered(name: str) -> Golden:
    """A sample as rendered now."""
    made = compile_issue(sample_content(name), SITE, load_templates(TEMPLATES))
    return Golden(made.html(READER), made.text(READER))


def picture(browser: Browser, html: str, viewport: Viewport) -> bytes:
    """The top of a mail, as WebP."""
    browser.show(html, width=viewport.width, dark=viewport.scheme == "dark")
    return webp(browser, most_height=MOST_HEIGHT)


def picture_path(name: str, viewport: Viewport) -> Path:
    """The file of the reviewed picture of a viewport."""
    return goldens.PATH / f"{name}-{viewport.name}.webp"


def compare_pictures(
    browser: Browser, name: str, html: str, folder: Path = DIFFERENCES
) -> Iterator[tuple[Viewport, float]]:
    """The share of pixels that differ in each viewport; writes a picture of any difference."""
    for viewport in VIEWPORTS:
        path = picture_path(name, viewport)
        if not path.exists():
            continue
        now = picture(browser, html, viewport)
        found = difference(browser, path.read_bytes(), now, width=viewport.width)
        if found.share:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{path.stem}-difference.webp").write_bytes(found.picture)
            (folder / f"{path.stem}-now.webp").write_bytes(now)
        yield viewport, found.share


def renew(browser: Browser | None) -> None:
    """Rewrite every golden, and print which are new or changed."""
    for name in samples.names():
        now = rendered(name)
        status = "the same"
        if name not in goldens.names() or goldens.read(name) != now:
            status = "changed" if name in goldens.names() else "new"
            (goldens.PATH / f"{name}.html").write_bytes(now.html.encode())
            (goldens.PATH / f"{name}.txt").write_bytes(now.text.encode())
        seen = list(compare_pictures(browser, name, now.html)) if browser else []
        for viewport in VIEWPORTS if browser else ():
            share = dict(seen).get(viewport)
            if browser and (share is None or share or status == "changed"):
                picture_path(name, viewport).write_bytes(picture(browser, now.html, viewport))
        worst = max((share for _, share in seen), default=0)
        pixels = f", {worst:.1%} of the pixels" if worst else ""
        sys.stdout.write(f"{name}: {status}{pixels}\n")


if __name__ == "__main__":
    with nullcontext() if what_is_missing() else open_browser() as chromium:
        renew(chromium)
    sys.stdout.write("Review the changes (`git diff`, var/goldens), then commit them.\n")
