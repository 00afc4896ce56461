"""Group commits of arms and records, by a thread of their own.

A commit that reaches the disk is the dearest part of arming, so what several
lanes want written at one moment shares one. The thread waits a moment for more
before it commits: that halves the work for a message, and costs no time when
there is much to do. A record waits for the next arm, or a little; since a lane
asks for an arm only after the record of its last message, there is never more
than one armed delivery for each connection.
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

from digest.delivery.ledger.commits import Arming, Commits, Recording
from digest.store import Store

log = structlog.get_logger("digest.delivery")

GATHER_SECONDS = 0.0005
MANY = 5  # arms in one commit; more of them save little
RECORD_WITHIN_SECONDS = 0.02
RETRY_SECONDS = 1.0
SMOOTHING = 0.1

Answer = asyncio.Future[bool]
Asked = tuple[Arming, Answer]


class Writer:
    """The thread, and its face towards the loop: `arm`, `record`, `flush`, `close`.

    `may_send` is asked from the thread, before each commit that arms. `broken` raises
    what ended the thread, should that happen; `commit_seconds` is smoothed.
    """

    def __init__(self, store: Store, may_send: Callable[[], bool]) -> None:
        self._commits = Commits(store, may_send)
        self._loop = asyncio.get_running_loop()
        self._asked: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()  # None: look again
        self._records: deque[Recording] = deque()
        self._flushes: deque[Answer] = deque()
        self._alarm: asyncio.TimerHandle | None = None
        self._closing = False
        self.broken: asyncio.Future[None] = self._loop.create_future()
        self.commit_seconds = 0.0
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)

    def arm(self, arming: Arming) -> Answer:
        """Ask for a dot: False when it is denied, or cannot be written now."""
        answer = self._future()
        self._asked.put((arming, answer))
        return answer

    def record(self, recording: Recording) -> None:
        """Write down an outcome, with the next commit and however long that takes."""
        self._records.append(recording)
        self._start()
        if self._alarm is None:
            self._alarm = self._loop.call_later(RECORD_WITHIN_SECONDS, self._look)

    async def flush(self) -> None:
        """Until all that was recorded so far is committed; raises what ended the thread."""
        done = self._future()
        self._flushes.append(done)
        self._look()
        await done

    async def close(self) -> None:
        """Write what is left, and end the thread."""
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
            while not (self._closing and self._asked.empty() and not self._records):
                asked = self._gather()
                self._write(asked)
        except BaseException as error:  # a bug of ours, or not our schema: the worker must end
            self._tell(self._fail, error, asked)  # before the log, which may take its time
            log.exception("the ledger's thread ended")
        finally:
            self._commits.disconnect()

    def _gather(self) -> list[Asked]:
        """What waits, and where commits are quick what comes within a moment."""
        found = [self._asked.get(), *self._at_once()]
        if len(found) < MANY and self.commit_seconds < GATHER_SECONDS:
            time.sleep(GATHER_SECONDS)
            found += self._at_once()
        return [asked for asked in found if asked is not None]

    def _at_once(self) -> list[Asked | None]:
        found = []
        with suppress(queue.Empty):
            while True:
                found.append(self._asked.get_nowait())
        return found

    def _write(self, asked: list[Asked]) -> None:
        """One commit. If it cannot be made, dots are denied at once, and records tried again."""
        flushes, records = list(self._flushes), list(self._records)
        while True:
            started = time.perf_counter()
            try:
                granted = self._commits.write([arming for arming, _ in asked], records)
            except self._commits.busy as trouble:
                log.warning("database busy, still to write", reason=str(trouble).partition("\n")[0])
                self._settle_soon(asked, [False] * len(asked), [])
                if not asked:  # first at once: perhaps it was an arm that stood in the way
                    time.sleep(RETRY_SECONDS)
                asked = []
                if not records and not flushes:
                    return
            else:
                took = time.perf_counter() - started
                self.commit_seconds += SMOOTHING * (took - self.commit_seconds)
                _drop(self._flushes, len(flushes))
                _drop(self._records, len(records))
                return self._settle_soon(asked, granted, flushes)

    def _settle_soon(self, asked: list[Asked], granted: list[bool], done: list[Answer]) -> None:
        """One wake-up of the loop for a whole commit."""
        answers = [answer for _, answer in asked] + done
        if answers:
            self._tell(_settle, answers, granted + [True] * len(done))

    def _fail(self, error: BaseException, asked: list[Asked]) -> None:
        """On the loop, so that nothing can be asked for in between."""
        self.broken.set_exception(error)
        asked += [left for left in self._at_once() if left is not None]
        for answer in [answer for _, answer in asked] + list(self._flushes):
            if not answer.done():
                answer.set_exception(error)

    def _tell(self, what: Callable[..., None], *words: object) -> None:
        with suppress(RuntimeError):  # the loop is gone, and nobody waits
            self._loop.call_soon_threadsafe(what, *words)


def _drop(line: deque[Any], count: int) -> None:
    """Take off what is done, and only then: a thread that ends must leave the rest to be seen."""
    for _ in range(count):
        line.popleft()


def _settle(answers: list[Answer], granted: list[bool]) -> None:
    for answer, permission in zip(answers, granted, strict=True):
        if not answer.done():  # its lane may have been cancelled; the ledger has the truth
            answer.set_result(permission)
