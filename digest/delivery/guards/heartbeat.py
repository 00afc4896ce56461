"""The guard against a clock that jumps ahead: only time that we lived through makes mail late.

What expires is given up for good, so a clock that is wrong by two days for one minute
must not expire a whole issue. Each round of housekeeping leaves its instant here, with
the machine's uptime. An instant far ahead of the last one is believed when the uptime
went ahead as much, as it does when a laptop slept. Otherwise nothing expires for
`PROBATION`, by the uptime, or until an editor says that the clock is right. That is
also what happens after the machine was off for long: what was late is told as such an
hour later, and not sent meanwhile.

Of two machines, the one whose clock is ahead expires nothing while the other lives.
"""

from datetime import datetime, timedelta

import structlog
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases.inserting import insert_missing
from digest.uptime import Uptime
from schedules.words import in_words

TOLERANCE = timedelta(minutes=10)
PROBATION = timedelta(hours=1)

log = structlog.get_logger("digest.delivery")


class Heartbeat(SQLModel, table=True):
    """The last instant that was believed, and the first of a clock on probation. One row."""

    id: int = Field(default=1, primary_key=True)
    at: datetime
    boot: str
    uptime: float
    doubted_at: datetime | None = None
    doubted_boot: str | None = None
    doubted_uptime: float | None = None


async def beat(session: AsyncSession, now: datetime, uptime: Uptime) -> datetime:
    """Leave a heartbeat; the instant by which deliveries may be called late.

    That is `now`, or the last instant believed while the clock is on probation.
    """
    first = Heartbeat(at=now, boot=uptime.boot, uptime=uptime.seconds)
    await insert_missing(session, [first])
    heart = await session.get_one(Heartbeat, 1, populate_existing=True, with_for_update=True)
    if _passed(heart.at, Uptime(heart.boot, heart.uptime), now, uptime):
        _believe(heart, now, uptime)
        return now
    doubted = _doubted(heart)
    if doubted is None or not _passed(*doubted, now, uptime) or now < doubted[0]:
        heart.doubted_at, heart.doubted_boot = now, uptime.boot
        heart.doubted_uptime = uptime.seconds
        log.warning("clock jumped ahead", note=_sentence(heart.at, now))
    elif (uptime.since(doubted[1]) or 0) >= PROBATION.total_seconds():
        _believe(heart, now, uptime)
        return now
    session.add(heart)
    return heart.at


async def jump_note(session: AsyncSession) -> str | None:
    """Why nothing expires just now, in a sentence with the next step; None if all is well."""
    heart = await session.get(Heartbeat, 1)
    if heart is None or heart.doubted_at is None:
        return None
    return _sentence(heart.at, heart.doubted_at)


async def trust_clock(session: AsyncSession, now: datetime, uptime: Uptime) -> bool:
    """An editor says that the clock is right; False when nobody doubted it."""
    heart = await session.get(Heartbeat, 1, populate_existing=True, with_for_update=True)
    if heart is None or heart.doubted_at is None:
        return False
    _believe(heart, now, uptime)
    return True


def _passed(before: datetime, then: Uptime, now: datetime, uptime: Uptime) -> bool:
    """Whether the clock went ahead no further than time did, give or take the tolerance."""
    ahead = now - before
    lived = uptime.since(then)
    return ahead <= TOLERANCE + timedelta(seconds=max(lived or 0, 0))


def _doubted(heart: Heartbeat) -> tuple[datetime, Uptime] | None:
    if heart.doubted_at is None or heart.doubted_boot is None or heart.doubted_uptime is None:
        return None
    return heart.doubted_at, Uptime(heart.doubted_boot, heart.doubted_uptime)


def _believe(heart: Heartbeat, now: datetime, uptime: Uptime) -> None:
    heart.at, heart.boot, heart.uptime = now, uptime.boot, uptime.seconds
    heart.doubted_at = heart.doubted_boot = heart.doubted_uptime = None


def _sentence(believed: datetime, now: datetime) -> str:
    ahead = in_words(now - believed).removeprefix("in ")
    return (
        f"the clock went ahead by {ahead} at once, so no mail is given up for an hour; "
        "if it is right, `digest schedule resume-clock` goes on at once, if not, set it"
    )
