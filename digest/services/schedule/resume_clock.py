"""Trusting the machine's clock after a jump, in either direction."""

import structlog

from digest.app import App
from digest.delivery.guards.heartbeat import trust_clock
from digest.services.actor import Actor
from digest.services.result import Result
from digest.store import Queue
from schedules import clock

log = structlog.get_logger("digest.schedule")


class ClockTrust(Result):
    """`resumed` is False where the clock was trusted already, so nothing changed."""

    resumed: bool


async def resume_clock(app: App, actor: Actor) -> ClockTrust:
    """Trust the clock, so that scheduling and giving up resume."""
    now = app.clock()
    async with app.store.write(Queue.EDITING) as session:
        went_back = await clock.resume_clock(session, now)
        went_ahead = await trust_clock(session, now, app.uptime())
    resumed = went_back or went_ahead
    if resumed:
        log.info("clock trusted", by=str(actor))
    return ClockTrust(resumed=resumed)
