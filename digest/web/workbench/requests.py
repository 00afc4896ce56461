"""What a request to the workbench names: the target, the view, something to compare with."""

from contextlib import suppress
from typing import Annotated

from fastapi import Depends

from digest.errors import DigestError, NotFound
from digest.services.workbench.snapshot import (
    ISSUE,
    SAMPLE,
    PreviewTarget,
    RenderedVariant,
    Snapshot,
)
from digest.web.http.dependencies import IssueNumber, parse_issue_number
from digest.web.workbench.view import ViewChoice


def issue_target(number: IssueNumber) -> PreviewTarget:
    """An issue, whether or not one of that number exists."""
    return PreviewTarget(ISSUE, str(number))


def sample_target(name: str) -> PreviewTarget:
    """A sample, whether or not one of that name exists."""
    return PreviewTarget(SAMPLE, name)


def parse_target(key: str) -> PreviewTarget:
    """`issue-3` or `sample-emoji`, as the lists on the page name them. Raises `NotFound`."""
    kind, _, name = key.partition("-")
    if kind == SAMPLE:
        return sample_target(name)
    if kind == ISSUE:
        with suppress(ValueError):
            return issue_target(parse_issue_number(name))
    raise NotFound("there is no issue or sample of that name; the list has them all")


def require_rendered(snapshot: Snapshot) -> RenderedVariant:
    """The rendering, if need be the last good one. Raises `DigestError` if there never was one."""
    if snapshot.rendered is None:
        reason = snapshot.problem.reason if snapshot.problem else "nothing was compiled"
        raise DigestError(f"{snapshot.target.title} cannot be shown: {reason}")
    return snapshot.rendered


def _parse_choice(
    view: str = "",
    width: str = "",
    variant: str = "",
    reader: str = "",
    against: str = "",
    spot: str = "",
) -> ViewChoice:
    return ViewChoice.of(
        view=view, width=width, variant=variant, reader=reader.strip(), against=against, spot=spot
    )


Chosen = Annotated[ViewChoice, Depends(_parse_choice)]
IssueTarget = Annotated[PreviewTarget, Depends(issue_target)]
SampleTarget = Annotated[PreviewTarget, Depends(sample_target)]
