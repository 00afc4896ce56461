"""What can be opened on the workbench."""

from digest.app import App
from digest.issues.lookup import get_issue, list_numbers
from digest.services.result import Result
from digest.services.workbench.samples import sample_content
from digest.services.workbench.snapshot import ISSUE, SAMPLE, PreviewTarget
from previews import goldens, samples


class WorkbenchTargets(Result):
    """Names of the samples and of their reviewed goldens, and issue numbers, newest first."""

    samples: tuple[str, ...]
    goldens: tuple[str, ...]
    issues: tuple[int, ...]


async def list_targets(app: App) -> WorkbenchTargets:
    """All that can be opened or compared with."""
    async with app.store.read() as session:
        issues = await list_numbers(session)
    return WorkbenchTargets(
        samples=tuple(samples.names()), goldens=tuple(goldens.names()), issues=tuple(issues)
    )


async def find_target(
    app: App, *, issue: int | None = None, sample: str | None = None
) -> PreviewTarget:
    """The issue of that number, or the sample; by default the first one. Raises `NotFound`."""
    if issue is None:
        target = PreviewTarget(SAMPLE, sample or samples.FIRST)
        sample_content(target.key)
        return target
    async with app.store.read() as session:
        await get_issue(session, issue)
    return PreviewTarget(ISSUE, str(issue))
