"""Group commits of arms and records, made by a thread of their own.

A commit that reaches the disk is the most expensive part of arming, so what several lanes
want written at one moment shares a commit. The thread waits briefly for more before it
commits, which halves the work per message and costs no time under load. A record waits
for the next arm, but not for long.
"""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

from digest.delivery.ledger.commits import ArmRequest, Commits, Record
from digest.store import Store

log = structlog.get_logger("digest.delivery")

GATHER_SECONDS = 0.0005
MANY = 5  # requests that share a commit; with more, waiting for others saves little
RECORD_WITHIN_SECONDS = 0.02
RETRY_SECONDS = 1.0
SMOOTHING = 0.1

Answer = asyncio.Future[bool]
Asked = tuple[ArmRequest, Answer]


class Writer:
    """The thread, and what the event loop calls: `arm`, `record`, `flush` and `close`.

    `may_send` is called from the thread, before each commit that arms. The future `broken`
    raises the error that ended the thread, if one did. `commit_seconds` is a moving average.
    """

    def __init__(
        self,
        store: Store,
        may_send: Callable[[], bool],
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._retry_seconds = retry_seconds
        self._commits = Commits(store, may_send)
        self._loop = asyncio.get_running_loop()
        self._asked: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()  # None: look for records
        self._records: deque[Record] = deque()
        self._flushes: deque[Answer] = deque()
        self._alarm: asyncio.TimerHandle | None = None
        self._closing = False
        self.broken: asyncio.Future[None] = self._loop.create_future()
        self.commit_seconds = 0.0
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)

    def arm(self, request: ArmRequest) -> Answer:
        """Ask for permission to send a dot; False if it is denied or cannot be written now."""
        answer = self._future()
        self._asked.put((request, answer))
        return answer

    def record(self, record: Record) -> None:
        """Write an outcome with the next commit; tried until it succeeds."""
        self._records.append(record)
        self._start()
        if self._alarm is None:
            self._alarm = self._loop.call_later(RECORD_WITHIN_SECONDS, self._look)

    async def flush(self) -> None:
        """Wait until all records so far are committed; raises the error that ended the thread."""
        done = self._future()
        self._flushes.append(done)
        self._look()
        await done

    async def close(self) -> None:
        """Write what is left and end the thread."""
        self._closing = True
        if self._thread.ident is not None:
            self._look()
            await asyncio.to_thread(self._thread.join)
        if self._alarm is not None:
            self._alarm.cancel()
        self.broken.cancel()

    def _future(self) -> Answer:
        if self.broken.done():
            raise RuntimeError("the ledger's thread has ended")
        self._start()
        return self._loop.create_future()

    def _start(self) -> None:
        if self._thread.ident is None:
            self._thread.start()

    def _look(self) -> None:
        self._alarm = None
        self._asked.put(None)

    def _run(self) -> None:
        asked: list[Asked] = []
        try:
            # Closing ends the thread only when nothing is left: a known reply must be recorded.
            while not (self._closing and self._asked.empty() and not self._records):
                asked = self._gather()
                self._write(asked)
        except BaseException as error:  # a bug, or another schema: the worker must end
            self._call_in_loop(self._fail, error, asked)  # before the log, which may block
            log.exception("the ledger's thread ended")
        finally:
            self._commits.disconnect()

    def _gather(self) -> list[Asked]:
        """Wait for a request; where commits are quick, also take those of the next moment."""
        found = [self._asked.get(), *self._waiting()]
        # Where a commit is slow, enough requests gather while one runs.
        if len(found) < MANY and self.commit_seconds < GATHER_SECONDS:
            time.sleep(GATHER_SECONDS)
            found += self._waiting()
        return [asked for asked in found if asked is not None]

    def _waiting(self) -> list[Asked | None]:
        found = []
        with suppress(queue.Empty):
            while True:
                found.append(self._asked.get_nowait())
        return found

    def _write(self, asked: list[Asked]) -> None:
        """Make one commit. If that fails, deny the dots at once and try the records again."""
        # Read after the requests were gathered: a lane hands in the record of its last message
        # before it asks for the next dot, so that record is in this commit or an earlier one.
        # This is what limits a crash to one armed delivery per connection. Flushes come first:
        # a flush covers the records that were handed in before it.
        flushes, records = list(self._flushes), list(self._records)
        while True:
            started = time.perf_counter()
            try:
                granted = self._commits.write([arming for arming, _ in asked], records)
            except self._commits.busy as trouble:
                log.warning("database busy, still to write", reason=str(trouble).partition("\n")[0])
                # Denied at once: a relay waits for the dot, and nothing is lost by cutting it off.
                self._answer(asked, [False] * len(asked), [])
                if not asked:  # the first retry is at once, since an arm may have been the cause
                    time.sleep(self._retry_seconds)
                asked = []
                if not records and not flushes:
                    return
            else:
                took = time.perf_counter() - started
                self.commit_seconds += SMOOTHING * (took - self.commit_seconds)
                _drop(self._flushes, len(flushes))
                _drop(self._records, len(records))
                return self._answer(asked, granted, flushes)

    def _answer(self, asked: list[Asked], granted: list[bool], done: list[Answer]) -> None:
        """Answer a whole commit with one wake-up of the loop, which is what costs time."""
        answers = [answer for _, answer in asked] + done
        if answers:
            self._call_in_loop(_set_results, answers, granted + [True] * len(done))

    def _fail(self, error: BaseException, asked: list[Asked]) -> None:
        """Fail all that wait. In the loop, so that no new request can slip in between."""
        self.broken.set_exception(error)
        asked += [left for left in self._waiting() if left is not None]
        for answer in [answer for _, answer in asked] + list(self._flushes):
            if not answer.done():
                answer.set_exception(error)

    def _call_in_loop(self, function: Callable[..., None], *args: object) -> None:
        with suppress(RuntimeError):  # the loop is closed, so nobody waits for the answer
            self._loop.call_soon_threadsafe(function, *args)


def _drop(line: deque[Any], count: int) -> None:
    """Remove what was committed, and only then: what a failing thread leaves must stay visible."""
    for _ in range(count):
        line.popleft()


def _set_results(answers: list[Answer], granted: list[bool]) -> None:
    for answer, permission in zip(answers, granted, strict=True):
        if not answer.done():  # a cancelled lane does not wait; the ledger has the truth
            answer.set_result(permission)
