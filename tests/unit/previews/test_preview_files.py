from pathlib import Path

import pytest

from previews import preview_files
from previews.browser import what_is_missing
from previews.preview_files import Preview, write_previews
from previews.screenshots import Viewport

PNG = b"\x89PNG\r\n\x1a\n"
PREVIEW = Preview(
    name="all",
    title="Ferry <splits>",
    html="<!doctype html><html><head></head><body><p>Hello</p></body></html>",
    text="Hello\n",
    eml=b"Subject: Ferry\r\n\r\nHello\r\n",
)


def test_each_preview_is_written_unchanged(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    written = write_previews(folder, [PREVIEW], pictures=False)
    assert [path.name for path in written] == ["index.html", "all.html", "all.txt", "all.eml"]
    assert (folder / "all.html").read_text("utf-8") == PREVIEW.html
    assert (folder / "all.txt").read_text("utf-8") == PREVIEW.text
    assert (folder / "all.eml").read_bytes() == PREVIEW.eml


def test_the_index_names_every_file_and_escapes_titles(tmp_path: Path) -> None:
    write_previews(tmp_path, [PREVIEW, Preview("web", "Web", "<p>", "x")], pictures=False)
    index = (tmp_path / "index.html").read_text("utf-8")
    assert "Ferry &lt;splits&gt;" in index
    for name in ("all.html", "all.txt", "all.eml", "web.html"):
        assert f'href="{name}"' in index
    assert "web.eml" not in index


def test_without_chromium_the_rest_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview_files, "what_is_missing", lambda: "no Chromium found")
    assert len(write_previews(tmp_path, [PREVIEW])) == 4


@pytest.mark.browser
def test_pictures_are_as_wide_as_their_view(tmp_path: Path) -> None:
    if what_is_missing():
        pytest.skip("no Chromium on this machine")
    views = (Viewport(375, "light"), Viewport(640, "dark"), Viewport(320, "inverted"))
    written = write_previews(tmp_path, [PREVIEW], viewports=views)
    pictures = [path for path in written if path.suffix == ".png"]
    assert [path.name for path in pictures] == [
        "all-375-light.png",
        "all-640-dark.png",
        "all-320-inverted.png",
    ]
    for path, view in zip(pictures, views, strict=True):
        data = path.read_bytes()
        assert data.startswith(PNG)
        assert int.from_bytes(data[16:20], "big") == view.width
    assert "all-640-dark.png" in (tmp_path / "index.html").read_text("utf-8")
