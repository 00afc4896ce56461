"""Correcting the facts of a comparison and of its tools."""

import structlog

from digest.app import App
from digest.catalogue import editing
from digest.catalogue.edits import Edits
from digest.catalogue.views import FactChange
from digest.services.actor import Actor
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
