"""Finished messages written to a folder, to look at."""

import html
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from previews.browser import Browser, BrowserFailed, open_browser, what_is_missing
from previews.screenshots import VIEWPORTS, Viewport, take_screenshots

INDEX = "index.html"


@dataclass(frozen=True)
class Preview:
    """One finished message. `name` becomes the files' stem; `eml` is None for a page only."""

    name: str
    title: str
    html: str
    text: str
    eml: bytes | None = None


def write_previews(
    folder: Path,
    previews: Iterable[Preview],
    *,
    pictures: bool = True,
    viewports: Sequence[Viewport] = VIEWPORTS,
) -> list[Path]:
    """Write `<name>.html`, `.txt`, `.eml` and pictures of each preview, and an index.

    Pictures need Playwright and Chromium; without them (see `what_is_missing`) the rest is
    written all the same. Raises `BrowserFailed` if Chromium is there but does not work.
    Returns the paths, the index first.
    """
    previews = list(previews)
    folder.mkdir(parents=True, exist_ok=True)
    with_pictures = pictures and what_is_missing() is None
    written: dict[str, list[Path]] = {}
    with open_browser() if with_pictures else nullcontext() as browser:
        for preview in previews:
            written[preview.name] = _write(folder, preview, browser, viewports)
    index = folder / INDEX
    index.write_text(_index(previews, written), encoding="utf-8")
    return [index, *(path for paths in written.values() for path in paths)]


def _write(
    folder: Path, preview: Preview, browser: Browser | None, viewports: Sequence[Viewport]
) -> list[Path]:
    stem = folder / preview.name
    paths = [stem.with_name(f"{stem.name}.{kind}") for kind in ("html", "txt")]
    paths[0].write_text(preview.html, encoding="utf-8")
    paths[1].write_text(preview.text, encoding="utf-8")
    if preview.eml is not None:
        paths.append(stem.with_name(f"{stem.name}.eml"))
        paths[-1].write_bytes(preview.eml)
    if browser is not None:
        paths += take_screenshots(browser, preview.html, stem, viewports)
    return paths


def _index(previews: Sequence[Preview], written: dict[str, list[Path]]) -> str:
    sections = "\n".join(_section(preview, written[preview.name]) for preview in previews)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Previews</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem; }}
ul.pictures {{ display: flex; flex-wrap: wrap; gap: 1.5rem; padding: 0; list-style: none; }}
ul.pictures img {{ max-height: 80vh; border: 1px solid #888; }}
</style>
</head>
<body>
<h1>Previews</h1>
{sections}
</body>
</html>
"""


def _section(preview: Preview, paths: Sequence[Path]) -> str:
    files = " · ".join(
        f'<a href="{html.escape(path.name)}">{html.escape(path.suffix[1:])}</a>'
        for path in paths
        if path.suffix != ".png"
    )
    pictures = "\n".join(
        f'<li><a href="{html.escape(path.name)}"><img src="{html.escape(path.name)}" '
        f'alt="{html.escape(path.stem)}"></a><br>{html.escape(path.stem)}</li>'
        for path in paths
        if path.suffix == ".png"
    )
    return (
        f"<h2>{html.escape(preview.name)}: {html.escape(preview.title)}</h2>\n<p>{files}</p>\n"
        f'<ul class="pictures">\n{pictures}\n</ul>'
    )


__all__ = ["BrowserFailed", "Preview", "what_is_missing", "write_previews"]
