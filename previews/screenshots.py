"""Screenshots of a mail as its readers see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from previews.browser import Browser

INVERTED = "<style>html { filter: invert(1) hue-rotate(180deg); background: #fff; }</style>"


@dataclass(frozen=True)
class Viewport:
    """A width in px and a scheme: `light`, `dark` (the mail's own) or `inverted` (forced)."""

    width: int
    scheme: str

    @property
    def name(self) -> str:
        """'375-dark', as files are named."""
        return f"{self.width}-{self.scheme}"


VIEWPORTS = tuple(Viewport(width, scheme) for width in (375, 640) for scheme in ("light", "dark"))


def take_screenshots(
    browser: Browser, html: str, stem: Path, viewports: Sequence[Viewport] = VIEWPORTS
) -> list[Path]:
    """Write `<stem>-<viewport>.png` for each viewport; returns the paths."""
    paths = []
    for viewport in viewports:
        inverted = viewport.scheme == "inverted"
        page = html.replace("</head>", f"{INVERTED}</head>", 1) if inverted else html
        browser.show(page, width=viewport.width, dark=viewport.scheme == "dark")
        path = stem.with_name(f"{stem.name}-{viewport.name}.png")
        path.write_bytes(browser.picture())
        paths.append(path)
    return paths
