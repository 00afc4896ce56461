"""The guard against a clock that jumps back.

Every wake-up stores the latest instant it has seen, the mark. A clock that is more than
`TOLERANCE` behind the mark cannot be trusted, so scheduling is suspended: nothing is
planned, composed or sent. It resumes when the clock catches up with the mark, when an
editor trusts the clock, or after `LONGEST_SUSPENSION` of steady ticking: the mark may be
the mistake, left by a clock that ran years ahead, and must not stop the schedule for ever.
That is safe because a slot is a row that is claimed once, whatever the clock says; and it
is shorter than the default grace, so that a slot that comes due meanwhile still runs.

Of two machines, the one whose clock is behind suspends itself and warns; the other one
continues.
"""

import logging
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases.inserting import insert_missing
from schedules.tables import TickMark
from schedules.words import in_words

TOLERANCE = timedelta(minutes=10)
LONGEST_SUSPENSION = timedelta(hours=6)

log = logging.getLogger(__name__)


async def note_tick(session: AsyncSession, now: datetime) -> bool:
    """Record a wake-up at `now`; False while scheduling is suspended."""
    mark = await _mark(session, now)
    if now >= mark.at - TOLERANCE:
        mark.at, mark.held_since = max(mark.at, now), None
        return True
    # Also when the clock jumped back once more: six hours count from the latest jump.
    if mark.held_since is None or now < mark.held_since:
        mark.held_since = now
        log.warning(_sentence(mark, now))
    if now - mark.held_since >= LONGEST_SUSPENSION:
        _trust(mark, now)
        return True
    return False


async def suspension_note(session: AsyncSession, now: datetime) -> str | None:
    """Why scheduling is suspended, in a sentence with the next step; None if it is not."""
    mark = await session.get(TickMark, 1)
    if mark is None or now >= mark.at - TOLERANCE:
        return None
    return _sentence(mark, now)


async def last_tick(session: AsyncSession) -> datetime | None:
    """The latest wake-up of any process; None before the first."""
    mark = await session.get(TickMark, 1)
    return None if mark is None else mark.at


async def resume_clock(session: AsyncSession, now: datetime) -> bool:
    """Trust the clock and resume scheduling; False if it was not suspended."""
    mark = await _mark(session, now)
    if now >= mark.at - TOLERANCE:
        return False
    _trust(mark, now)
    return True


async def _mark(session: AsyncSession, now: datetime) -> TickMark:
    await insert_missing(session, [TickMark(at=now)])
    return await session.get_one(TickMark, 1, populate_existing=True, with_for_update=True)


def _trust(mark: TickMark, now: datetime) -> None:
    mark.at, mark.held_since = now, None


def _sentence(mark: TickMark, now: datetime) -> str:
    ends = min(mark.at, (mark.held_since or now) + LONGEST_SUSPENSION)
    behind = in_words(mark.at - now).removeprefix("in ")
    return (
        f"the clock jumped back by {behind}, so nothing is scheduled until "
        f"{ends:%Y-%m-%d %H:%M} UTC; if the clock is right, `digest schedule resume-clock` "
        "resumes scheduling now"
    )
