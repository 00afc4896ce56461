"""The guard against a clock that jumps ahead: only time that really passed makes mail late.

Expiry is final, so a clock that is two days ahead for one minute must not expire a whole
issue. Every round of housekeeping stores its time here, with the machine's uptime. A time
far ahead of the last one is trusted if the uptime advanced as much, as it does when a laptop
sleeps. Otherwise nothing expires for the length of `PROBATION`, measured by the uptime, or
until an editor says that the clock is right. The same happens after the machine was off for
long: what is late then expires an hour later, and is not sent meanwhile.

Of two machines, the one whose clock is ahead expires nothing while the other is alive.
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
    """The last time that was trusted, and the first time of a clock on probation. One row."""

    id: int = Field(default=1, primary_key=True)
    at: datetime
    boot: str
    uptime: float
    doubted_at: datetime | None = None
    doubted_boot: str | None = None
    doubted_uptime: float | None = None


async def beat(session: AsyncSession, now: datetime, uptime: Uptime) -> datetime:
    """Store a heartbeat; returns the time by which deliveries count as late.

    That is `now`, or the last trusted time while the clock is on probation.
    """
    first = Heartbeat(at=now, boot=uptime.boot, uptime=uptime.seconds)
    await insert_missing(session, [first])
    heart = await session.get_one(Heartbeat, 1, populate_existing=True, with_for_update=True)
    if _passed(heart.at, Uptime(heart.boot, heart.uptime), now, uptime):
        _trust(heart, now, uptime)
        return now
    doubted = _doubted(heart)
    # Another jump, a restart, or a clock that was set back starts the probation again.
    if doubted is None or not _passed(*doubted, now, uptime) or now < doubted[0]:
        heart.doubted_at, heart.doubted_boot = now, uptime.boot
        heart.doubted_uptime = uptime.seconds
        log.warning("clock jumped ahead", note=_sentence(heart.at, now))
    elif (uptime.since(doubted[1]) or 0) >= PROBATION.total_seconds():
        _trust(heart, now, uptime)
        return now
    session.add(heart)
    return heart.at


async def jump_note(session: AsyncSession) -> str | None:
    """Why nothing expires at present, with the next step; None if the clock is trusted."""
    heart = await session.get(Heartbeat, 1)
    if heart is None or heart.doubted_at is None:
        return None
    return _sentence(heart.at, heart.doubted_at)


async def trust_clock(session: AsyncSession, now: datetime, uptime: Uptime) -> bool:
    """Trust the clock on an editor's word; False if it was trusted already."""
    heart = await session.get(Heartbeat, 1, populate_existing=True, with_for_update=True)
    if heart is None or heart.doubted_at is None:
        return False
    _trust(heart, now, uptime)
    return True


def _passed(before: datetime, then: Uptime, now: datetime, uptime: Uptime) -> bool:
    """Whether the clock advanced no further than the uptime did, within the tolerance."""
    ahead = now - before
    passed = uptime.since(then)  # None after a restart or on another machine
    return ahead <= TOLERANCE + timedelta(seconds=max(passed or 0, 0))


def _doubted(heart: Heartbeat) -> tuple[datetime, Uptime] | None:
    if heart.doubted_at is None or heart.doubted_boot is None or heart.doubted_uptime is None:
        return None
    return heart.doubted_at, Uptime(heart.doubted_boot, heart.doubted_uptime)


def _trust(heart: Heartbeat, now: datetime, uptime: Uptime) -> None:
    heart.at, heart.boot, heart.uptime = now, uptime.boot, uptime.seconds
    heart.doubted_at = heart.doubted_boot = heart.doubted_uptime = None


def _sentence(trusted: datetime, now: datetime) -> str:
    ahead = in_words(now - trusted).removeprefix("in ")
    return (
        f"the clock jumped ahead by {ahead}, so no mail expires for an hour; if it is right, "
        "run `digest schedule resume-clock` to continue at once; otherwise correct the clock"
    )
