"""The disk reserve: no new work is begun while too little space is free.

On a full disk nothing can be armed or recorded, and messages in flight need space for
their outcomes. So claiming stops early, and resumes by itself when there is space again.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import structlog

MB = 1_000_000
LOOK_SECONDS = 1.0

log = structlog.get_logger("digest.delivery")


class DiskReserve:
    """Says before each claim whether there is room; looks at the disk at most once a second.

    `folder` holds the database; None if that is not on this machine.
    """

    def __init__(
        self, folder: Path | None, reserve_mb: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder, self._reserve, self._monotonic = folder, reserve_mb * MB, monotonic
        self._looked = float("-inf")
        self._has_room = True

    def has_room(self) -> bool:
        """Whether new work may be begun."""
        if self._monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = self._monotonic()
            self._look()
        return self._has_room

    def _look(self) -> None:
        free = free_bytes(self._folder)
        had, self._has_room = self._has_room, free is None or free >= self._reserve
        if had and not self._has_room:
            log.error("disk nearly full, no new work", free_mb=(free or 0) // MB)
        elif self._has_room and not had:
            log.info("room on the disk again")


def free_bytes(folder: Path | None) -> int | None:
    """Free bytes on the disk of `folder`; None if they cannot be determined."""
    if folder is None:
        return None
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
