"""Reviewed outputs of the samples: HTML and text to the byte, and pictures to look at.

`make goldens` writes them anew; who commits them has looked at what changed.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

PATH = Path(__file__).parent


@dataclass(frozen=True)
class Golden:
    """What a sample was made into when somebody last looked at it."""

    html: str
    text: str


def names() -> list[str]:
    """The samples that have been reviewed."""
    ends = [file.name for file in files(__name__).iterdir() if file.name.endswith(".html")]
    return sorted(name.removesuffix(".html") for name in ends)


def read(name: str) -> Golden:
    """One sample's golden. Raises `KeyError` for one that is not among `names()`."""
    if name not in names():
        raise KeyError(name)
    html, text = (
        (files(__name__) / f"{name}.{kind}").read_bytes().decode() for kind in ("html", "txt")
    )
    return Golden(html, text)
