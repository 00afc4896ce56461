"""Liveness across machines: a worker lives while PostgreSQL holds its session's lock."""

import hashlib
import secrets
from collections import Counter
from collections.abc import Collection

from digest.databases.advisory import SessionLock
from digest.uptime import uptime_now

# A worker whose connection was cut takes its lock again within a second or two.
GRACE_SECONDS = 3.0
# Machines that are started anew, or stopped to be, come one after the other.
PATIENCE_SECONDS = 60.0


class AdvisoryLock:
    """A worker's lock as a session advisory lock; make one with `take`.

    The session also shares a lock with all others that send by the same route.
    While the connection is broken the worker `holds` nothing and sends no dot, but it
    is not `lost`: it goes on as soon as it has the lock again. Whoever is not seen for
    `GRACE_SECONDS` while we look is dead.
    """

    def __init__(self, url: str, routes: Collection[str] = ()) -> None:
        self.owner = secrets.token_hex(8)
        shared = [_key_of_route(route) for route in routes]
        self._lock = SessionLock(url, _key(self.owner), self._look, shared)
        self._seen: dict[int, float] = {}
        self._held: Counter[int] = Counter()
        self._looking_since = float("inf")
        self._looked_at = float("-inf")
        self._closed = False

    @classmethod
    async def take(cls, url: str, routes: Collection[str] = ()) -> "AdvisoryLock":
        """A lock that is held, of the database at `url`. Raises `OSError`."""
        lock = cls(url, routes)
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
        return self._was_seen(_key(owner), GRACE_SECONDS)

    def sharing(self, route: str) -> int:
        """As many as held the route's lock at the last look."""
        return max(1, self._held[_key_of_route(route)])

    def serves(self, route: str) -> bool:
        """Whether any of those who send by it was seen within `PATIENCE_SECONDS`."""
        return self._was_seen(_key_of_route(route), PATIENCE_SECONDS)

    def release(self) -> None:
        """Let the lock go."""
        self._closed = True
        self._lock.close()

    def _was_seen(self, key: int, within: float) -> bool:
        """Or may have been: who cannot look, or not for so long, cannot judge."""
        if not self.holds():
            return True
        seen = max(self._seen.get(key, self._looking_since), self._looking_since)
        return self._looked_at - seen < within

    def _look(self, keys: Counter[int]) -> None:
        now = uptime_now().seconds
        if now - self._looked_at > GRACE_SECONDS:  # we were cut off, and so were others perhaps
            self._looking_since = now
        self._looked_at, self._held = now, keys
        self._seen = {
            key: at for key, at in self._seen.items() if now - at < PATIENCE_SECONDS
        } | dict.fromkeys(keys, now)


def _key(owner: str) -> int:
    """The 64 bits that stand for a name; PostgreSQL knows locks by number."""
    return int.from_bytes(hashlib.blake2b(owner.encode(), digest_size=8).digest(), signed=True)


def _key_of_route(route: str) -> int:
    return _key(f"route {route}")
