"""Editing an issue: the editor's texts, order and exclusions."""

import structlog

from digest.app import App
from digest.issues import editing
from digest.issues.editing import Edit
from digest.issues.lookup import get_issue
from digest.services.actor import Actor
from digest.services.issues.drafts import edition_of
from digest.services.issues.show import IssueDetails, show_issue
from digest.store import Queue

log = structlog.get_logger("digest.issues")


async def edit_issue(app: App, actor: Actor, number: int, change: Edit | None) -> IssueDetails:
    """Change an issue and select its items again; None only makes it a draft again.

    Voids an approval. Raises `NotFound`, `UsageError` for an unknown slug, and `Refused` once
    the issue is being sent.
    """
    async with app.store.write(Queue.EDITING) as session:
        issue = await get_issue(session, number)
        edition = await edition_of(session, issue)
        await editing.apply(session, edition, issue, change or Edit(), app.clock())
    log.info("issue edited", issue=number, by=str(actor))
    return await show_issue(app, number)
