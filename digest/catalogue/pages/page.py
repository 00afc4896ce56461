"""The contents of one page, parsed and checked, but not yet merged with others or stored.

Every fact keeps its file and line, so that a conflict between pages can name both. A fact that
a page does not give is absent, never empty.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from digest.catalogue.panel import Panel
from digest.catalogue.views import FrozenModel

LIMITS = {
    "name": 200,
    "short_name": 60,
    "category": 80,
    "tagline": 500,
    "entry": 80,
    "community": 200,
    "pricing": 2_000,
    "best_for": 2_000,
    "description": 20_000,
    "url": 2_000,
    "persona": 60,
    "quote": 20_000,
}
FACTS = tuple(name for name in LIMITS if name not in ("name", "persona", "quote"))
# Lone surrogates, which JSON can hold, cannot be encoded; tab and line feed are allowed.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, order=True)
class SourceLocation:
    """A file and a line in it, from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


Severity = Literal["error", "warning"]


class PageProblem(FrozenModel):
    """A message for the editor. An `error` keeps the import from being stored."""

    file: str
    line: int | None
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.message}"


def problem_at(location: SourceLocation, message: str, severity: Severity = "error") -> PageProblem:
    """A problem at a location."""
    return PageProblem(file=location.file, line=location.line, message=message, severity=severity)


class PageError(Exception):
    """A page cannot be read further; `line` is None if the error concerns the whole file."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True)
class Fact:
    """A value as it was read, and where."""

    value: str
    location: SourceLocation


@dataclass(frozen=True)
class Take:
    """One review as it was read. `inferred`: attributed to its tool by alternation only."""

    location: SourceLocation
    quote: str | None = None
    persona: str | None = None
    score: int | None = None
    verdict: str | None = None
    inferred: bool = False


@dataclass(frozen=True)
class PageTool:
    """One tool on a page. `counts_stated`: the page itself gives the ship and skip counts."""

    name: str
    location: SourceLocation
    facts: Mapping[str, Fact] = field(default_factory=dict)
    panel: Panel = field(default_factory=Panel)
    counts_stated: bool = False
    takes: tuple[Take, ...] = ()
    slug: str | None = None


@dataclass(frozen=True)
class ComparisonPage:
    """One comparison. `loose`: takes in reading order that the page does not attribute."""

    left: PageTool
    right: PageTool
    location: SourceLocation
    unattributed: tuple[Take, ...] = ()
    url: Fact | None = None
    slug: str | None = None

    @property
    def title(self) -> str:
        """'A vs B'."""
        return f"{self.left.name} vs {self.right.name}"

    @property
    def tools(self) -> tuple[PageTool, PageTool]:
        """Left and right."""
        return self.left, self.right


def why_invalid(name: str, value: str) -> str | None:
    """Why the text is not valid as the fact called `name`, or None if it is."""
    label = name.replace("_", " ")
    if len(value) > LIMITS[name]:
        return f"the {label} has {len(value):,} characters; at most {LIMITS[name]:,} are read"
    if found := _UNPRINTABLE.search(value):
        return f"the {label} holds a control character (U+{ord(found.group()):04X})"
    if name == "url" and not _is_web_address(value):
        return "a URL must start with http:// or https:// and name a host"
    if name not in ("description", "quote") and "\n" in value:
        return f"the {label} must be one line"
    return None


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in url
    except ValueError:
        return False
