"""Changing an edition, or making a new one."""

from dataclasses import replace

import structlog

from digest.app import App
from digest.errors import UsageError
from digest.services.actor import Actor
from digest.services.editions.show import EditionDetails, describe
from digest.store import Queue
from schedules import editions
from schedules.editions import EditionChange
from subscribers.errors import InvalidMailbox
from subscribers.mailbox import Mailbox

log = structlog.get_logger("digest.schedule")


async def set_edition(
    app: App, actor: Actor, slug: str, change: EditionChange, *, create: bool = False
) -> EditionDetails:
    """Change an edition and replan its coming slots; with `create` make it if it is new.

    Raises `ScheduleError` where there is no such edition, or where the change contradicts
    the settings that stay, `UsageError` for a sender or reply-to that is not one mailbox.
    """
    now, change = app.clock(), _with_mailboxes(change)
    async with app.store.write(Queue.EDITING) as session:
        is_new = create and await editions.find_edition(session, slug) is None
        create_or_update = editions.create_edition if is_new else editions.update_edition
        edition = await create_or_update(session, slug, change, now)
        details = await describe(session, edition, now)
    log.info("edition made" if is_new else "edition changed", edition=slug, by=str(actor))
    return details


def _with_mailboxes(change: EditionChange) -> EditionChange:
    """The change with sender and reply-to as they go into headers."""
    return replace(
        change,
        sender=_mailbox("sender", change.sender),
        reply_to=_mailbox("reply-to", change.reply_to),
    )


def _mailbox(option: str, text: str | None) -> str | None:
    if not text:
        return text
    try:
        return str(Mailbox.parse_sender(text))
    except InvalidMailbox as error:
        raise UsageError(f"{option}: {text!r} {error}") from None
