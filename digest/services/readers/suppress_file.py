"""Suppressing all addresses of a file, such as the leavers of another tool."""

from pathlib import Path

from digest.app import App
from digest.services.actor import Actor
from digest.services.readers.import_file import checked_file
from digest.services.readers.suppress import EditorReason
from digest.services.result import Result
from subscribers import importing
from subscribers.importing import Choices, RejectedRow, standing_of

NO_EDITION = ""  # a suppression holds for all


class SuppressedFile(Result):
    """How many addresses are suppressed now, were so `already`, or could not be read.

    `examples` are the first ten rejected rows.
    """

    rows: int
    suppressed: int
    already: int
    duplicates: int
    rejected: int
    examples: tuple[RejectedRow, ...]
    dry_run: bool


async def suppress_file(
    app: App,
    actor: Actor,
    path: Path,
    reason: EditorReason,
    *,
    note: str = "",
    encoding: str | None = None,
    column: str | None = None,
    dry_run: bool = False,
) -> SuppressedFile:
    """Stop all mail to every address of a file, in one transaction; may be repeated.

    Raises `UnreadableFile`.
    """
    source = f"{actor}, {note or path.name}"
    choices = Choices(encoding=encoding, column=column, everybody=standing_of(reason.value))
    async with checked_file(app, path, None, choices) as checked:
        if dry_run:
            async with app.store.read() as session:
                counts = await importing.plan(session, checked, edition=NO_EDITION, confirmed=False)
        else:
            async with app.store.write() as session:
                counts = await importing.store(
                    session,
                    checked,
                    edition=NO_EDITION,
                    confirmed=False,
                    source=source,
                    now=app.clock(),
                )
    return SuppressedFile(
        rows=counts.rows,
        suppressed=counts.left + counts.bounced + counts.complained + counts.blocked,
        already=counts.unsubscribed + counts.suppressed + counts.erased,
        duplicates=counts.duplicates,
        rejected=counts.rejected,
        examples=counts.examples,
        dry_run=dry_run,
    )
