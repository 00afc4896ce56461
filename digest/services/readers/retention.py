"""Deleting sign-ups that nobody confirmed, once an hour."""

from datetime import timedelta

import structlog

from digest.app import App
from digest.services.readers.erase import forget_deliveries
from digest.store import Queue
from subscribers.retention import forget_old_letters, forget_unconfirmed, unconfirmed

log = structlog.get_logger("digest.signup")


async def forget_unconfirmed_signups(app: App) -> None:
    """Delete what was not confirmed DIGEST_KEEP_UNCONFIRMED_DAYS after its link had expired.

    One commit for each reader.
    """
    keep, now = timedelta(days=app.settings.keep_unconfirmed_days), app.clock()
    gone = 0
    async with app.store.write() as session:
        await forget_old_letters(session, now)
    while True:
        async with app.store.read() as session:
            ids = await unconfirmed(session, keep, now)
        if not ids:
            break
        for subscriber_id in ids:
            gone += await _forget(app, subscriber_id, keep)
    if gone:
        log.info("unconfirmed sign-ups deleted", readers=gone)


async def _forget(app: App, subscriber_id: int, keep: timedelta) -> bool:
    now = app.clock()
    # Queued with approvals, as an erasure is: no audience is frozen meanwhile.
    async with app.store.write(Queue.EDITING) as session:
        gone = await forget_unconfirmed(session, subscriber_id, keep, now)
        if gone is not None:
            await forget_deliveries(session, gone, now)
    return gone is not None
