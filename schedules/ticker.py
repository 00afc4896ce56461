"""The ticker: wakes the engine every few seconds. The only file that imports APScheduler.

It stores no times of its own: what is due is read from the slots in the database, so a
wake-up that is late, lost or doubled does no harm.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

JOB = "wake"

log = logging.getLogger(__name__)


class _FromNow(BaseTrigger):  # type: ignore[misc]
    """Fires a fixed time after the last wake-up.

    APScheduler's own interval trigger iterates over every run that was missed: after a clock
    jumped ahead by years that takes minutes and all the memory.
    """

    def __init__(self, seconds: float) -> None:
        self._interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        return now if previous is None else now + self._interval


def _log_failure(error: Exception) -> None:
    log.error("a wake-up failed; the next one tries again", exc_info=error)


class Ticker:
    """Calls `wake` at once and then every `every_seconds`, one call at a time.

    A call that fails is reported to `on_error` and does not stop the ticker.
    """

    def __init__(
        self,
        wake: Callable[[], Awaitable[None]],
        every_seconds: float = 20,
        on_error: Callable[[Exception], None] = _log_failure,
    ) -> None:
        self._wake = wake
        self._every = every_seconds
        self._on_error = on_error
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._waking = asyncio.Lock()
        self._wanted = False
        self._watch: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start to tick on the running event loop."""
        self._scheduler.add_job(
            self._tick,
            _FromNow(self._every),
            id=JOB,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        self._scheduler.start()
        self._watch_clock()

    async def stop(self) -> None:
        """Stop ticking for good, after the call in progress has ended."""
        if self._watch is None:
            return
        self._watch.cancel()
        self._watch = None
        self._scheduler.pause()
        await asyncio.sleep(0)  # a call that was just submitted starts, so that it is waited for
        self._wanted = False
        async with self._waking:
            self._scheduler.shutdown()
            await asyncio.sleep(0)  # APScheduler shuts down in the loop's next round

    def wake_soon(self) -> None:
        """Wake now, or once more as soon as the call in progress has ended."""
        if self._waking.locked():
            self._wanted = True
        elif self._scheduler.running:
            self._scheduler.modify_job(JOB, next_run_time=datetime.now(UTC))

    async def _tick(self) -> None:
        async with self._waking:
            self._wanted = True
            while self._wanted:
                self._wanted = False
                await self._call()

    async def _call(self) -> None:
        try:
            await self._wake()
        except Exception as error:
            self._on_error(error)

    def _watch_clock(self) -> None:
        # The next run is a wall-clock time: after a jump back it may be years away.
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(self._every, self._watch_clock)
        ahead = self._scheduler.get_job(JOB).next_run_time - datetime.now(UTC)
        if ahead > timedelta(seconds=2 * self._every):
            self.wake_soon()
