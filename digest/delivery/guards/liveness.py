"""Is the worker that owns a delivery still alive?

An armed delivery is never freed by time alone: a worker may have slept. While
it lives, a worker holds an exclusive lock on a file of its own, which the
operating system lets go when the process ends, however it ends: a file on the
disk of the database (flock), or an advisory lock on PostgreSQL (`advisory_lock`).
"""

import fcntl
import os
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from digest.errors import DigestError


class LockLost(DigestError):
    """A worker's lock was taken away: it may send nothing more."""


class Liveness(Protocol):
    """Who is alive; one object per worker. `owner` is its name in the ledger, 16 hex digits."""

    owner: str

    def holds(self) -> bool:
        """Whether this worker still holds its lock; without it no dot is sent.

        Cheap, and may be asked from another thread.
        """

    def lost(self) -> bool:
        """Whether the lock is gone for good, so that the worker must end."""

    def is_alive(self, owner: str) -> bool:
        """Whether the worker called `owner` is alive."""

    def sharing(self, route: str) -> int:
        """How many workers that live send by `route`, this one counted."""

    def serves(self, route: str) -> bool:
        """Whether any worker that lives, this one or another, sends by `route`; in doubt it does.

        Across machines one that was seen a minute ago counts: they are not started all at once.
        """

    def release(self) -> None:
        """Let the lock go."""


def lock_folder_of(database: Path) -> Path:
    """Beside the file itself: all who open it, by whatever link, look for locks there."""
    return Path(f"{database.resolve()}.workers")


class FileLock:
    """A worker's lock as a file in a folder beside the database; its text names the routes."""

    def __init__(self, folder: Path, routes: Collection[str] = ()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._make()
        while not self.holds():  # another worker looked in between, and tidied the file away
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
        """Whether it is gone: a file that was taken away does not come back."""
        return not self.holds()

    def is_alive(self, owner: str) -> bool:
        """Try the owner's lock: who gets it knows that the owner is gone."""
        path = self._folder / f"{owner}.lock"
        try:
            file = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return False
        except PermissionError:  # another user's, and not ours to judge
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
            return False
        except BlockingIOError:
            return True
        finally:
            os.close(file)

    def living(self) -> int:
        """How many workers live, this one counted."""
        return len(self._living())

    def sharing(self, route: str) -> int:
        """Counted by their files."""
        return max(1, sum(_names(path, route) for path in self._living()))

    def serves(self, route: str) -> bool:
        """Read in the files of those who live."""
        return any(_names(path, route) for path in self._living())

    def _living(self) -> list[Path]:
        return [path for path in self._folder.glob("*.lock") if self.is_alive(path.stem)]

    def release(self) -> None:
        """Remove the file and let the lock go."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def _names(path: Path, route: str) -> bool:
    """Whether a worker's file names the route, or may: not yet written, or not ours to read."""
    try:
        text = path.read_text()
    except FileNotFoundError:  # it has just ended
        return False
    except OSError:
        return True
    return route in text.split() or not text
