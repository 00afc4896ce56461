"""The workbench as files: every page and every link of it, without a server."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from digest.app import App
from digest.flows import publishing
from digest.web.bench_files import write_bench
from previews.views.looks import LOOKS
from schedules.tables import Edition
from tests.catalogue import add_comparison

LINK = re.compile(r'(?:href|src)="([^"#]+)"')


@pytest.fixture
async def folder(app: App, weekly: Edition, tmp_path: Path) -> Path:
    async with app.store.write() as session:
        await add_comparison(session, "Alpha", "Beta", app.clock() - timedelta(hours=1))
    await publishing.compose(app, "weekly")
    written = await write_bench(app, 1, tmp_path / "out")
    assert all(path.is_file() for path in written)
    return tmp_path / "out"


async def test_every_link_leads_to_a_file_beside_it(folder: Path) -> None:
    pages = list(folder.glob("*.html"))
    assert len(pages) == 1 + 2 * (len(LOOKS) * 5 + 7)
    for page in pages:
        for link in LINK.findall(page.read_text("utf-8")):
            assert (folder / link).is_file(), f"{page.name} links to {link}"


async def test_a_frame_brings_its_policy_and_its_links_are_inert(folder: Path) -> None:
    frame = (folder / "frames" / "all-dark.html").read_text("utf-8")
    assert "default-src 'none'" in frame.partition("<style")[0]
    assert "/unsubscribe/preview" in frame
    assert b"/unsubscribe/preview" in (folder / "all.eml").read_bytes()


async def test_the_first_page_is_the_mail_in_light(folder: Path) -> None:
    index = (folder / "index.html").read_text("utf-8")
    assert 'src="frames/all-light.html"' in index
    assert "<script" not in index
