"""Whether the worker that owns a delivery is still alive.

Time alone never frees an armed delivery, since its worker may only have been suspended. A
worker therefore holds a lock as long as it lives, which is released however its process
ends: by the operating system, for a locked file beside the SQLite database, or by
PostgreSQL, for an advisory lock of its session (`advisory_lock`).
"""

import fcntl
import os
import secrets
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from digest.errors import DigestError


class LockLost(DigestError):
    """A worker's lock was taken away, so it may send nothing more."""


class Liveness(Protocol):
    """A worker's lock, and what it shows of other workers.

    `owner` is the worker's name in the ledger, 16 hex digits.
    """

    owner: str

    def holds(self) -> bool:
        """Whether this worker still holds its lock; without it no dot is sent.

        Cheap, and can be called from another thread.
        """

    def lost(self) -> bool:
        """Whether the lock is gone for good, so that the worker must end."""

    def is_alive(self, owner: str) -> bool:
        """Whether the worker called `owner` is alive."""

    def sharing(self, route: str) -> int:
        """How many living workers send by `route`, at least this one."""

    def serves(self, route: str) -> bool:
        """Whether any living worker sends by `route`; True in doubt.

        Across machines a worker that was seen a minute ago counts: a rolling restart stops
        and starts one machine after the other.
        """

    def release(self) -> None:
        """Release the lock."""


def lock_folder_of(database: Path) -> Path:
    """The folder of lock files beside a database file, with links resolved: all must find one."""
    return Path(f"{database.resolve()}.workers")


class FileLock:
    """A worker's lock as a locked file in `folder`; the file's text names its routes."""

    def __init__(self, folder: Path, routes: Collection[str] = ()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._make()
        # Between creating and locking the file, another worker may look, find it unlocked, take
        # it for a dead worker's, and remove it.
        while not self.holds():
            os.close(self._file)
            self._make()
        os.write(self._file, f"{' '.join(routes)}\n".encode())

    def _make(self) -> None:
        self.owner = secrets.token_hex(8)
        self._path = self._folder / f"{self.owner}.lock"
        self._file = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def holds(self) -> bool:
        """Whether the locked file is still the one under this worker's name."""
        try:
            return os.stat(self._path).st_ino == os.fstat(self._file).st_ino
        except OSError:
            return False

    def lost(self) -> bool:
        """Whether the file was removed; it is never restored."""
        return not self.holds()

    def is_alive(self, owner: str) -> bool:
        """See `Liveness`."""
        return _is_locked(self._folder / f"{owner}.lock")

    def living(self) -> int:
        """How many workers are alive, this one included."""
        return len(self._living())

    def sharing(self, route: str) -> int:
        """See `Liveness`."""
        return max(1, sum(_names(path, route) for path in self._living()))

    def serves(self, route: str) -> bool:
        """See `Liveness`."""
        return is_served(self._folder, route)

    def _living(self) -> list[Path]:
        return _living_in(self._folder)

    def release(self) -> None:
        """Remove the file and release the lock."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def is_served(folder: Path, route: str) -> bool:
    """Whether any living worker sends by `route`, for a process that is no worker itself."""
    return any(_names(path, route) for path in _living_in(folder))


def _living_in(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.lock") if _is_locked(path)]


def _is_locked(path: Path) -> bool:
    """Try to lock a worker's file: if that succeeds, the worker has ended."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    except PermissionError:  # another user's worker: presume that it lives
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with suppress(PermissionError):  # a command may only read
            path.unlink(missing_ok=True)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(file)


def _names(path: Path, route: str) -> bool:
    """Whether a worker's file names the route; True if it is not yet written or unreadable."""
    try:
        text = path.read_text()
    except FileNotFoundError:  # the worker has just ended
        return False
    except OSError:
        return True
    return route in text.split() or not text
