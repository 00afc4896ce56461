"""Group commit: what several lanes want written at one moment shares one transaction.

A commit that reaches the disk is the dearest part of arming and recording, and
while one runs, others come to wait for it. They go together into the next. Each
still gets its own answer, and only after the commit that holds its change.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.store import Store

T = TypeVar("T")

Work = Callable[[AsyncSession], Awaitable[Any]]
MOST_AT_ONCE = 200


class GroupCommit:
    """Runs pieces of work in order of arrival, as many as wait in one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[tuple[Work, asyncio.Future[Any]]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def do(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """The result of `work`, once it is committed.

        An error of one piece, or of the commit, rolls the whole group back and is
        raised to each: nobody takes for written what is not.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        return await done

    async def _run(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
            try:
                async with self._store.write() as session:
                    results = [await work(session) for work, _ in group]
            except Exception as error:
                for _, done in group:
                    _settle(done, error=error)
            else:
                for (_, done), result in zip(group, results, strict=True):
                    _settle(done, result=result)


def _settle(
    done: "asyncio.Future[Any]", *, result: Any = None, error: Exception | None = None
) -> None:
    if done.done():  # its lane was cancelled; the ledger has the truth all the same
        return
    if error is not None:
        done.set_exception(error)
    else:
        done.set_result(result)
