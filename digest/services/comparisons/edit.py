"""Editing a comparison and its tools; withdrawing a comparison, and restoring it."""

import structlog

from digest.app import App
from digest.catalogue import editing
from digest.catalogue.edits import Edits
from digest.catalogue.queries import comparison
from digest.catalogue.views import FactChange
from digest.services.actor import Actor
from digest.services.comparisons.show import ComparisonDetails, comparison_details
from digest.services.result import Result
from digest.store import Queue

log = structlog.get_logger("digest.comparisons")


class EditedComparison(Result):
    """What changed; nothing if all the values were already set."""

    slug: str
    changes: tuple[FactChange, ...]


async def edit_comparison(app: App, actor: Actor, slug: str, edits: Edits) -> EditedComparison:
    """Make all the edits or none. Raises `NotFound`, `UsageError` or `Refused`."""
    async with app.store.write(Queue.EDITING) as session:
        changes = await editing.edit_comparison(session, slug, edits, now=app.clock())
    log.info("comparison edited", actor=str(actor), comparison=slug, changed=len(changes))
    return EditedComparison(slug=slug, changes=tuple(changes))


async def withdraw_comparison(
    app: App, actor: Actor, slug: str, *, reason: str
) -> ComparisonDetails:
    """Keep a comparison out of later issues. Raises `NotFound`, `Refused` or `UsageError`."""
    async with app.store.write(Queue.EDITING) as session:
        await editing.withdraw(session, slug, reason=reason, now=app.clock())
        withdrawn = await comparison(session, slug)
    log.info("comparison withdrawn", actor=str(actor), comparison=slug, reason=reason)
    return comparison_details(withdrawn)


async def restore_comparison(app: App, actor: Actor, slug: str) -> ComparisonDetails:
    """Undo a withdrawal. Raises `NotFound` or `Refused`."""
    async with app.store.write(Queue.EDITING) as session:
        await editing.restore(session, slug)
        restored = await comparison(session, slug)
    log.info("comparison restored", actor=str(actor), comparison=slug)
    return comparison_details(restored)
