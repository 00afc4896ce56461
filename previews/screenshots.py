"""Pictures of a mail as its readers see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from previews.chromium import Chromium

INVERTED = "<style>html { filter: invert(1) hue-rotate(180deg); background: #fff; }</style>"


@dataclass(frozen=True)
class Viewport:
    """A width in px and a scheme: `light`, `dark` (the mail's own) or `inverted` (forced)."""

    width: int
    scheme: str

    @property
    def name(self) -> str:
        return f"{self.width}-{self.scheme}"


VIEWPORTS = tuple(Viewport(width, scheme) for width in (375, 640) for scheme in ("light", "dark"))


def take_screenshots(
    browser: Chromium, html: str, stem: Path, views: Sequence[Viewport] = VIEWPORTS
) -> list[Path]:
    """Write `<stem>-<view>.png` for each view; returns the paths."""
    paths = []
    for view in views:
        page = (
            html.replace("</head>", f"{INVERTED}</head>", 1) if view.scheme == "inverted" else html
        )
        browser.show(page, width=view.width, dark=view.scheme == "dark")
        path = stem.with_name(f"{stem.name}-{view.name}.png")
        path.write_bytes(browser.picture())
        paths.append(path)
    return paths
