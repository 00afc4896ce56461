"""Importing comparison pages: all of them, or none if one has an error."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import structlog

from digest.app import App
from digest.catalogue.importing.merge import merge, page_names
from digest.catalogue.importing.plan import ImportPlan, make_plan
from digest.catalogue.importing.stored_catalogue import load_stored
from digest.catalogue.importing.write import write_plan
from digest.catalogue.pages.page import PageProblem
from digest.catalogue.pages.read_files import FileReport, read_files
from digest.catalogue.views import FactChange
from digest.errors import UsageError
from digest.services.actor import Actor
from digest.services.result import Result
from digest.store import Queue

log = structlog.get_logger("digest.comparisons")


class ImportReport(Result):
    """What an import did or would do. `stored` is False for a dry run and after an error.

    Tools are listed by name, comparisons by slug.
    """

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
        """The problems that kept the import from being stored."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


async def import_files(
    app: App,
    actor: Actor,
    paths: Iterable[Path],
    *,
    as_of: datetime | None = None,
    dry_run: bool = False,
    on_read: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Import the files and folders in one transaction.

    `as_of` dates new comparisons, tools and verdict revisions; the default is now. A mistake
    in a file is a problem in the report, not an exception. `on_read(done, total)` is called
    after each file. Raises `UsageError` for an `as_of` in the future.
    """
    now = app.clock()
    if as_of and as_of > now:
        raise UsageError(f"pages cannot be dated in the future: {as_of:%Y-%m-%d %H:%M} UTC")
    as_of = as_of or now
    source = read_files(paths, on_read)  # before the transaction: files may be many and slow
    async with app.store.read() if dry_run else app.store.write(Queue.EDITING) as session:
        stored = await load_stored(session, page_names(source.pages))
        plan = make_plan(merge(source.pages, stored.quotes()), stored, as_of)
        problems = (*source.problems, *plan.problems)
        failed = any(problem.severity == "error" for problem in problems)
        if not failed and not dry_run:
            await write_plan(session, plan, as_of)
    report = ImportReport(
        stored=not failed and not dry_run,
        dry_run=dry_run,
        as_of=as_of,
        files=source.files,
        problems=problems,
        tools_added=tuple(tool.name for tool in plan.tools if tool.tool is None),
        comparisons_added=tuple(pair.slug for pair in plan.pairs if pair.comparison is None),
        changes=tuple(plan.changes()),
        unchanged=tuple(_unchanged(plan)),
    )
    if report.stored:
        added, changed = len(report.comparisons_added), len(report.changes)
        log.info("comparisons imported", actor=str(actor), added=added, changed=changed)
    return report


def _unchanged(plan: ImportPlan) -> Iterator[str]:
    """The slugs of comparisons of which neither a fact nor a tool changes."""
    changed = {tool.name for tool in plan.tools if tool.tool is None or tool.changes}
    for pair in plan.pairs:
        if pair.comparison and not pair.changes and not {pair.pair.left, pair.pair.right} & changed:
            yield pair.slug
