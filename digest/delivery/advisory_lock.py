"""Liveness across machines: a worker lives while PostgreSQL holds its session's lock."""

import hashlib
import secrets

from digest.databases.advisory import SessionLock, uptime

# A worker whose connection was cut takes its lock again within a second or two.
GRACE_SECONDS = 3.0


class AdvisoryLock:
    """A worker's lock as a session advisory lock; make one with `take`.

    While the connection is broken the worker `holds` nothing and sends no dot, but it
    is not `lost`: it goes on as soon as it has the lock again. Whoever is not seen for
    `GRACE_SECONDS` while we look is dead.
    """

    def __init__(self, url: str) -> None:
        self.owner = secrets.token_hex(8)
        self._lock = SessionLock(url, _key(self.owner), self._look)
        self._seen: dict[int, float] = {}
        self._looking_since = float("inf")
        self._looked_at = float("-inf")
        self._closed = False

    @classmethod
    async def take(cls, url: str) -> "AdvisoryLock":
        """A lock that is held, of the database at `url`. Raises `OSError`."""
        lock = cls(url)
        await lock._lock.open()
        return lock

    def holds(self) -> bool:
        """Whether the lock is held; without it no dot is sent."""
        return self._lock.held()

    def lost(self) -> bool:
        """Whether it is gone for good."""
        return self._closed

    def is_alive(self, owner: str) -> bool:
        """Whether `owner` holds its lock, or did a moment ago; in doubt it does."""
        if not self.holds():
            return True  # who cannot look cannot judge
        key = _key(owner)
        seen = max(self._seen.get(key, self._looking_since), self._looking_since)
        return self._looked_at - seen < GRACE_SECONDS

    def living(self) -> int:
        """As many as were seen at the last look."""
        return max(1, sum(at >= self._looked_at for at in self._seen.values()))

    def release(self) -> None:
        """Let the lock go."""
        self._closed = True
        self._lock.close()

    def _look(self, keys: frozenset[int]) -> None:
        now = uptime()
        if now - self._looked_at > GRACE_SECONDS:  # we were cut off, and so were others perhaps
            self._looking_since = now
        self._looked_at = now
        self._seen = {
            key: at for key, at in self._seen.items() if now - at < 2 * GRACE_SECONDS
        } | dict.fromkeys(keys, now)


def _key(owner: str) -> int:
    """The 64 bits that stand for a name; PostgreSQL knows locks by number."""
    return int.from_bytes(hashlib.blake2b(owner.encode(), digest_size=8).digest(), signed=True)
