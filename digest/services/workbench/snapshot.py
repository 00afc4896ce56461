"""What the workbench shows: a target, and its rendering at one moment, as plain values."""

from dataclasses import dataclass
from datetime import datetime

from digest.services.result import Result

ISSUE, SAMPLE = "issue", "sample"


@dataclass(frozen=True)
class PreviewTarget:
    """What is previewed: an issue by its number, or a sample by its name."""

    kind: str
    key: str

    @property
    def number(self) -> int:
        """The issue's number; not for a sample."""
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


class CompileProblem(Result):
    """Why the target cannot be compiled now.

    `excerpt` holds (line number, text) pairs of the template around `line`.
    """

    reason: str
    file: str | None = None
    line: int | None = None
    excerpt: tuple[tuple[int, str], ...] = ()


class RenderedVariant(Result):
    """One variant, completed for one reader: the bytes that reader would get.

    Without a `reader` its personal links do nothing. `variants` are the keys of all variants,
    `version` identifies the compilation, `state` is the issue's (or 'sample'). A `frozen` issue
    is approved: templates no longer change it.
    """

    variant: str
    variants: tuple[str, ...]
    reader: str | None
    sender: str
    subject: str
    preheader: str
    html: str
    text: str
    eml: bytes
    state: str
    hash: str
    frozen: bool
    compiled_at: datetime
    version: str


class Snapshot(Result):
    """A target as it is now: the last good rendering (None if there is none) and the problem.

    `version` changes when the target, its state or its templates do.
    """

    target: PreviewTarget
    rendered: RenderedVariant | None
    problem: CompileProblem | None
    version: str
