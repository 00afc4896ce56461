"""Reviewed renderings of the samples: exact HTML and text, and pictures to look at.

`make goldens` rewrites them. Review the differences before you commit them.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

PATH = Path(__file__).parent


@dataclass(frozen=True)
class Golden:
    """The HTML and text of a sample as last reviewed."""

    html: str
    text: str


def names() -> list[str]:
    """The names of the samples that have a golden."""
    ends = [file.name for file in files(__name__).iterdir() if file.name.endswith(".html")]
    return sorted(name.removesuffix(".html") for name in ends)


def read(name: str) -> Golden:
    """One sample's golden. Raises `KeyError` for a name not in `names()`."""
    if name not in names():
        raise KeyError(name)
    html, text = (
        (files(__name__) / f"{name}.{kind}").read_bytes().decode() for kind in ("html", "txt")
    )
    return Golden(html, text)
