"""What a request to the workbench names: the subject, the choice, something to compare with."""

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


def issue_subject(number: IssueNumber) -> PreviewTarget:
    """An issue, whether or not there is one of that number."""
    return PreviewTarget(ISSUE, str(number))


def sample_subject(name: str) -> PreviewTarget:
    """A sample, whether or not there is one of that name."""
    return PreviewTarget(SAMPLE, name)


def named_subject(key: str) -> PreviewTarget:
    """`issue-3` or `sample-emoji`, as the lists on the page name them. Raises `NotFound`."""
    kind, _, name = key.partition("-")
    if kind == SAMPLE:
        return sample_subject(name)
    if kind == ISSUE:
        with suppress(ValueError):
            return issue_subject(parse_issue_number(name))
    raise NotFound("there is nothing of that name to look at; the list has them all")


def good(sight: Snapshot) -> RenderedVariant:
    """What is shown, the last good if need be. Raises `DigestError` where nothing ever was."""
    if sight.shown is None:
        reason = sight.problem.reason if sight.problem else "nothing was made"
        raise DigestError(f"{sight.subject.title} cannot be shown: {reason}")
    return sight.shown


def _chosen(
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


Chosen = Annotated[ViewChoice, Depends(_chosen)]
AnIssue = Annotated[PreviewTarget, Depends(issue_subject)]
ASample = Annotated[PreviewTarget, Depends(sample_subject)]
