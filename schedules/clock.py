"""The guard against a clock that jumps back.

Every wake-up leaves the latest instant it has seen. A clock more than
`TOLERANCE` behind that mark is not to be trusted, so scheduling is held:
nothing is planned, composed or sent. The hold ends when the clock catches up
with the mark, when an editor says that the clock is right, or after `LONGEST_HOLD`
of steady ticking: the mark may itself be the mistake, left by a clock that had
run ahead for years, and must not hold for ever. That is safe because slots
are rows that are claimed once, whatever the clock says; and it is shorter than
the default grace, so that a slot due meanwhile still runs.

Of two machines, the one whose clock is behind holds itself and warns; the
other goes on.
"""

import logging
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases.inserting import insert_missing
from schedules.tables import TickMark
from schedules.words import in_words

TOLERANCE = timedelta(minutes=10)
LONGEST_HOLD = timedelta(hours=6)

log = logging.getLogger(__name__)


async def note_tick(session: AsyncSession, now: datetime) -> bool:
    """Leave the mark of a wake-up at `now`; False while scheduling is held."""
    mark = await _mark(session, now)
    if now >= mark.at - TOLERANCE:
        mark.at, mark.held_since = max(mark.at, now), None
        return True
    if mark.held_since is None or now < mark.held_since:
        mark.held_since = now
        log.warning(_sentence(mark, now))
    if now - mark.held_since >= LONGEST_HOLD:
        _trust(mark, now)
        return True
    return False


async def hold_note(session: AsyncSession, now: datetime) -> str | None:
    """Why scheduling is held, in a sentence with the next step; None when it is not."""
    mark = await session.get(TickMark, 1)
    if mark is None or now >= mark.at - TOLERANCE:
        return None
    return _sentence(mark, now)


async def resume_clock(session: AsyncSession, now: datetime) -> bool:
    """An editor says that the clock is right: end the hold; False when there was none."""
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
    ends = min(mark.at, (mark.held_since or now) + LONGEST_HOLD)
    behind = in_words(mark.at - now).removeprefix("in ")
    return (
        f"the clock jumped back by {behind}, so nothing is scheduled until "
        f"{ends:%Y-%m-%d %H:%M} UTC; if the clock is right, `digest schedule resume-clock` "
        "goes on at once"
    )
