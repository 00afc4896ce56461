"""Two transactions at once, distinguished: one is under way, the other waits for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

LONG_ENOUGH_SECONDS = 0.3


async def held_up(work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
    """Begin `work`, which must not come to its end while the caller's transaction is open."""
    task = asyncio.create_task(work)
    await asyncio.wait((task,), timeout=LONG_ENOUGH_SECONDS)
    assert not task.done(), f"it did not wait: {task.result()}"
    return task
