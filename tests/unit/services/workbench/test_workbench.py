"""What the workbench shows is what would be sent; a mistake leaves the last good version."""

import asyncio
import shutil
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from digest.app import App
from digest.errors import NotFound, UsageError
from digest.issues.editing import Edit
from digest.issues.freezing import FrozenIssue, freeze
from digest.rendering.templates.template_set import ROOT
from digest.services.issues import drafts
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.issues.edit import edit_issue
from digest.services.issues.preview import preview_issue
from digest.services.workbench.samples import sample_content
from digest.services.workbench.snapshot import ISSUE, SAMPLE, PreviewTarget
from digest.services.workbench.workbench import Workbench
from previews import samples
from tests.readers import EDITOR

AddReaders = Callable[[int], Awaitable[list[int]]]
EVERYDAY = PreviewTarget(SAMPLE, "everyday")
FIRST = PreviewTarget(ISSUE, "1")


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT, tmp_path / "email"))


@pytest.fixture
async def draft(app: App, add_news: Callable[..., Awaitable[None]]) -> None:
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")


def change(templates: Path, before: str, after: str, file: str = "weekly/card.mjml.j2") -> None:
    path = templates / file
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


@pytest.mark.parametrize("name", samples.names())
async def test_every_sample_can_be_shown(app: App, name: str) -> None:
    snapshot = await Workbench(app).snapshot(PreviewTarget(SAMPLE, name))
    assert snapshot.problem is None
    assert snapshot.rendered
    assert sample_content(name).headline
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in snapshot.rendered.eml


async def test_an_unknown_sample_is_an_error_that_lists_the_samples(app: App) -> None:
    with pytest.raises(NotFound, match="everyday"):
        await Workbench(app).snapshot(PreviewTarget(SAMPLE, "nope"))


@pytest.mark.usefixtures("draft")
async def test_an_issue_is_rendered_to_the_bytes_that_the_preview_writes(app: App) -> None:
    snapshot = await Workbench(app).snapshot(FIRST)
    written = await preview_issue(app, 1)
    assert snapshot.rendered
    assert snapshot.rendered.eml == written.variants[0].eml
    assert snapshot.rendered.hash == written.hash


async def test_a_changed_template_shows_in_the_next_snapshot(app: App, templates: Path) -> None:
    workbench = Workbench(app, templates)
    before = await workbench.snapshot(EVERYDAY)
    change(templates, "in full</a>", "at length</a>")
    after = await workbench.snapshot(EVERYDAY)
    assert before.version != after.version
    assert after.rendered
    assert "at length</a>" in after.rendered.html


async def test_a_mistake_is_reported_with_its_place_and_the_last_good_version_stays(
    app: App, templates: Path
) -> None:
    workbench = Workbench(app, templates)
    good = await workbench.snapshot(EVERYDAY)
    change(templates, "item.category |", "item.categry |")
    wrong = await workbench.snapshot(EVERYDAY)
    assert wrong.problem
    assert (wrong.problem.file, wrong.problem.line) == ("card.mjml.j2", 9)
    assert (9, '<p class="label">{{ item.categry | isolated }}</p>') in wrong.problem.excerpt
    assert wrong.rendered == good.rendered
    assert (await workbench.snapshot(EVERYDAY)).problem == wrong.problem
    change(templates, "item.categry |", "item.category |")
    mended = await workbench.snapshot(EVERYDAY)
    assert mended.problem is None


async def test_a_mistake_in_the_first_version_leaves_nothing_to_show(
    app: App, templates: Path
) -> None:
    change(templates, "<mj-text", "<mj-txt")
    snapshot = await Workbench(app, templates).snapshot(EVERYDAY)
    assert snapshot.rendered is None
    assert snapshot.problem
    assert "did you mean <mj-text>?" in snapshot.problem.reason


@pytest.mark.usefixtures("draft")
async def test_an_edit_shows_and_an_approved_issue_ignores_templates(
    app: App, templates: Path
) -> None:
    workbench = Workbench(app, templates)
    before = await workbench.snapshot(FIRST)
    await edit_issue(app, EDITOR, 1, Edit(sentence="Another sentence."))
    edited = await workbench.snapshot(FIRST)
    assert edited.version != before.version
    assert edited.rendered
    assert "Another sentence." in edited.rendered.text
    await approve_issue(app, EDITOR, 1)
    approved = await workbench.snapshot(FIRST)
    change(templates, "in full</a>", "at length</a>")
    later = await workbench.snapshot(FIRST)
    assert approved.rendered
    assert approved.rendered.frozen
    assert later.version == approved.version


async def test_of_two_quick_edits_the_last_wins_however_long_the_first_takes(
    app: App, templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench = Workbench(app, templates)
    await workbench.snapshot(EVERYDAY)
    begun, go_on, compiled = threading.Event(), threading.Event(), []

    def slowly_at_first(*args: Any) -> FrozenIssue:
        compiled.append(args)
        begun.set()
        assert go_on.wait(10)
        return freeze(*args)

    monkeypatch.setattr(drafts, "freeze", slowly_at_first)
    change(templates, "in full</a>", "at length</a>")
    first = asyncio.create_task(workbench.snapshot(EVERYDAY))
    assert await asyncio.to_thread(begun.wait, 10)
    change(templates, "at length</a>", "word by word</a>")
    others = [asyncio.create_task(workbench.snapshot(EVERYDAY)) for _ in range(3)]
    await asyncio.sleep(0.2)  # long enough to overtake the first, if that were possible
    go_on.set()
    await first
    for snapshot in [*await asyncio.gather(*others), await workbench.snapshot(EVERYDAY)]:
        assert snapshot.rendered
        assert "word by word</a>" in snapshot.rendered.html
    assert len(compiled) == 2


async def test_the_event_loop_runs_on_while_an_edited_template_is_compiled(
    app: App, templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench, loop, turned = (
        Workbench(app, templates),
        asyncio.get_running_loop(),
        threading.Event(),
    )

    def waiting(*args: Any) -> FrozenIssue:
        loop.call_soon_threadsafe(turned.set)
        assert turned.wait(10)
        return freeze(*args)

    monkeypatch.setattr(drafts, "freeze", waiting)
    assert (await workbench.snapshot(EVERYDAY)).rendered


@pytest.mark.usefixtures("draft")
async def test_a_reader_s_own_address_and_links_are_shown(
    app: App, add_readers: AddReaders
) -> None:
    await add_readers(2)
    rendered = (await Workbench(app).snapshot(FIRST, reader="reader1@example.org")).rendered
    assert rendered
    assert "reader1@example.org" in rendered.html
    assert "/unsubscribe/preview" not in rendered.html
    assert b"To: reader1@example.org\r\n" in rendered.eml


@pytest.mark.usefixtures("draft")
async def test_an_address_that_is_not_a_reader_s_is_an_error(app: App) -> None:
    workbench = Workbench(app)
    with pytest.raises(NotFound, match="is not a reader"):
        await workbench.snapshot(FIRST, reader="nobody@example.org")
    with pytest.raises(UsageError):
        await workbench.snapshot(FIRST, reader="no address")
    with pytest.raises(NotFound, match="variant"):
        await workbench.snapshot(FIRST, variant="nope")
