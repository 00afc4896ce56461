"""The workbench as files: every page and every link of it, without a server."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from digest.app import App
from digest.issues.editing import Edit
from digest.services.issues.compose import compose_issue
from digest.services.issues.edit import edit_issue
from digest.services.preflight.check import CheckedIssue, check_issue
from digest.web.workbench import export
from digest.web.workbench.export import export_workbench
from previews.views.client_views import CLIENT_VIEWS
from schedules.tables import Edition
from tests.catalogue import add_comparison
from tests.readers import EDITOR

LINK = re.compile(r'(?:href|src)="([^"#]+)(?:#([^"]*))?"')


@pytest.fixture
async def folder(app: App, weekly: Edition, tmp_path: Path) -> Path:
    async with app.store.write() as session:
        await add_comparison(session, "Alpha", "Beta", app.clock() - timedelta(hours=1))
    await compose_issue(app, EDITOR, "weekly")
    written = await export_workbench(app, 1, tmp_path / "out")
    assert all(path.is_file() for path in written)
    return tmp_path / "out"


async def test_every_link_leads_to_a_file_beside_it(folder: Path) -> None:
    pages = list(folder.glob("*.html"))
    assert len(pages) == 1 + 2 * (len(CLIENT_VIEWS) * 5 + 7)
    for page in pages:
        for link, _ in LINK.findall(page.read_text("utf-8")):
            assert (folder / link).is_file(), f"{page.name} links to {link}"


async def test_every_finding_leads_to_its_place_without_a_server(app: App, folder: Path) -> None:
    await edit_issue(app, EDITOR, 1, Edit(subject="IT SHOUTS", sentence="A week of TK tools."))
    spotted = folder.parent / "spotted"
    await export_workbench(app, 1, spotted)
    findings = (spotted / "all-preflight.html").read_text("utf-8").partition('class="findings"')[2]
    links = LINK.findall(findings)
    assert {link.rpartition("-spot")[0] or link for link, _ in links} == {
        "all-headers.html",
        "all-text.html",
        "all-light-640",
    }
    for link, fragment in links:
        page = (spotted / link).read_text("utf-8")
        assert f'id="{fragment}"' in page
        if "-spot-" in link:
            [(frame, mark)] = [found for found in LINK.findall(page) if "frames/" in found[0]]
            assert f'id="{mark}"' in (spotted / frame).read_text("utf-8")
    for page in spotted.glob("*.html"):
        for link, _ in LINK.findall(page.read_text("utf-8")):
            assert (spotted / link).is_file(), f"{page.name} links to {link}"


async def test_pages_of_old_highlights_are_deleted(app: App, folder: Path) -> None:
    own = folder / "my-spot-on.html"
    own.write_text("mine", "utf-8")
    await edit_issue(app, EDITOR, 1, Edit(sentence="A week of TK tools."))
    await export_workbench(app, 1, folder)
    assert list(folder.glob("all-light-640-spot-*.html"))
    await edit_issue(app, EDITOR, 1, Edit(sentence="A week of tools."))
    await export_workbench(app, 1, folder)
    assert list(folder.glob("*-spot-*.html")) == [own]


async def test_findings_after_an_edit_highlight_nothing_in_the_earlier_snapshot(
    app: App, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def edited_meanwhile(app: App, number: int) -> CheckedIssue:
        await edit_issue(app, EDITOR, number, Edit(sentence="A week of TK tools."))
        return await check_issue(app, number)

    monkeypatch.setattr(export, "check_issue", edited_meanwhile)
    await export_workbench(app, 1, folder)
    assert "TK" in (folder / "all-preflight.html").read_text("utf-8")
    assert not list(folder.glob("*-spot-*.html"))
    assert 'id="spot-' not in (folder / "frames" / "all-light.html").read_text("utf-8")


async def test_a_frame_has_its_own_policy_and_inert_links(folder: Path) -> None:
    frame = (folder / "frames" / "all-dark.html").read_text("utf-8")
    assert "default-src 'none'" in frame.partition("<style")[0]
    assert "/unsubscribe/preview" in frame
    assert b"/unsubscribe/preview" in (folder / "all.eml").read_bytes()


async def test_the_first_page_is_the_mail_in_the_light_view(folder: Path) -> None:
    index = (folder / "index.html").read_text("utf-8")
    assert 'src="frames/all-light.html"' in index
    assert "<script" not in index
