"""Noticing that files change; the only file that knows watchfiles."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from watchfiles import awatch

QUIET_MILLISECONDS = 400
SETTLE_MILLISECONDS = 50  # an editor that writes a file in several steps makes one change


async def changes_in(folders: Sequence[Path], stop: asyncio.Event) -> AsyncIterator[bool]:
    """True as soon as something in the folders has changed, False after 0.4 s without a change.

    Ends when `stop` is set.
    """
    watching = awatch(
        *folders,
        debounce=SETTLE_MILLISECONDS,
        step=SETTLE_MILLISECONDS,
        stop_event=stop,
        rust_timeout=QUIET_MILLISECONDS,
        yield_on_timeout=True,
    )
    async for changes in watching:
        yield bool(changes)
