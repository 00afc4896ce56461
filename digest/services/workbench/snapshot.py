"""What the workbench looks at and what it shows, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from digest.rendering.content.issue_content import IssueContent
from digest.rendering.message.compiled import CompiledMessage

ISSUE, SAMPLE = "issue", "sample"


@dataclass(frozen=True)
class PreviewTarget:
    """What is looked at: an issue by its number, or a sample by its name."""

    kind: str
    key: str

    @property
    def number(self) -> int:
        """Of an issue."""
        return int(self.key)

    @property
    def path(self) -> str:
        """Its page on the desk."""
        return f"/{self.kind}s/{self.key}"

    @property
    def title(self) -> str:
        """'Issue 2', 'Sample: no votes'."""
        if self.kind == ISSUE:
            return f"Issue {self.key}"
        return f"Sample: {self.key.replace('-', ' ')}"


@dataclass(frozen=True)
class CompileProblem:
    """Why it cannot be compiled now; `excerpt` are (line number, text) around the place."""

    reason: str
    file: str | None = None
    line: int | None = None
    excerpt: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Compilation:
    """One good compilation of every variant; `stamp` tells it from others."""

    content: IssueContent
    variants: Mapping[str, CompiledMessage]
    state: str
    hash: str
    frozen: bool
    at: datetime
    stamp: str


@dataclass(frozen=True)
class RenderedVariant:
    """One variant for one reader, on the bytes she would get; `reader` None: an inert one."""

    made: Compilation
    variant: str
    reader: str | None
    html: str
    text: str
    eml: bytes


@dataclass(frozen=True)
class Snapshot:
    """A look: what is shown (None if nothing was ever good) and what is wrong now.

    `stamp` changes when the subject, its state or its templates do.
    """

    subject: PreviewTarget
    shown: RenderedVariant | None
    problem: CompileProblem | None
    stamp: str
