"""One import: pages to rows, all or nothing, in the caller's transaction.

reading = read_files(paths)
async with store.write() as session:
    report = await import_pages(session, reading, as_of=now)
"""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.catalogue.changes import FactChange
from digest.catalogue.importing.merge import merge, page_names
from digest.catalogue.importing.plan import ImportPlan, make_plan
from digest.catalogue.importing.stored_catalogue import load_stored
from digest.catalogue.importing.write import write_plan
from digest.catalogue.pages.page import PageProblem
from digest.catalogue.pages.read_files import FileReport, ImportInput
from digest.catalogue.views import FrozenModel


class ImportReport(FrozenModel):
    """What an import did, or would do. `stored` is False for a dry run and for errors."""

    stored: bool
    dry_run: bool
    as_of: datetime
    files: tuple[FileReport, ...]
    problems: tuple[PageProblem, ...]
    tools_added: tuple[str, ...]
    comparisons_added: tuple[str, ...]
    changes: tuple[FactChange, ...]
    unchanged: tuple[str, ...]

    @property
    def errors(self) -> tuple[PageProblem, ...]:
        """The problems that keep it from being stored."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


async def import_pages(
    session: AsyncSession, reading: ImportInput, *, as_of: datetime, dry_run: bool = False
) -> ImportReport:
    """Store what was read, or nothing at all if there is any error or `dry_run` is set.

    `as_of` dates new comparisons, tools and verdict revisions.
    """
    stored = await load_stored(session, page_names(reading.pages))
    plan = make_plan(merge(reading.pages, stored.quotes()), stored, as_of)
    problems = (*reading.problems, *plan.problems)
    sound = not any(problem.severity == "error" for problem in problems)
    if sound and not dry_run:
        await write_plan(session, plan, as_of)
    return ImportReport(
        stored=sound and not dry_run,
        dry_run=dry_run,
        as_of=as_of,
        files=reading.files,
        problems=problems,
        tools_added=tuple(tool.name for tool in plan.tools if tool.tool is None),
        comparisons_added=tuple(pair.slug for pair in plan.pairs if pair.comparison is None),
        changes=tuple(plan.changes()),
        unchanged=tuple(_unchanged(plan)),
    )


def _unchanged(plan: ImportPlan) -> Iterable[str]:
    """The slugs of comparisons whose own facts and whose tools stay as they are."""
    moved = {tool.name for tool in plan.tools if tool.tool is None or tool.changes}
    for pair in plan.pairs:
        if pair.comparison and not pair.changes and not {pair.pair.left, pair.pair.right} & moved:
            yield pair.slug
