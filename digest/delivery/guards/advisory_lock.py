"""Liveness across machines: a worker is alive while PostgreSQL holds its session's lock."""

import hashlib
import secrets
from collections import Counter
from collections.abc import Collection

from digest.databases.advisory import SessionLock
from digest.uptime import uptime_now

# A worker whose connection was cut takes its lock again within a second or two.
GRACE_SECONDS = 3.0
# A rolling restart takes the machines down one after the other; meanwhile a route counts as served.
PATIENCE_SECONDS = 60.0


class AdvisoryLock:
    """A worker's lock as a session advisory lock; `take` makes one.

    The session also shares one lock per route with all workers that send by that route.
    While the connection is broken the worker does not `hold` its lock and sends no dot, but
    the lock is not `lost`: the worker continues once it has the lock again. An owner whose
    lock was not seen for `GRACE_SECONDS` of looking is dead; a route whose lock was not seen
    for `patience_seconds` is not served.
    """

    def __init__(
        self,
        url: str,
        routes: Collection[str] = (),
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._patience_seconds = patience_seconds
        self.owner = secrets.token_hex(8)
        shared = [key_of_route(route) for route in routes]
        self._lock = SessionLock(url, _key(self.owner), self._look, shared)
        self._seen: dict[int, float] = {}
        self._held: Counter[int] = Counter()
        self._looking_since = float("inf")
        self._looked_at = float("-inf")
        self._closed = False

    @classmethod
    async def take(
        cls,
        url: str,
        routes: Collection[str] = (),
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> "AdvisoryLock":
        """Take a lock in the database at `url`. Raises `OSError`."""
        lock = cls(url, routes, patience_seconds=patience_seconds)
        await lock._lock.open()
        return lock

    def holds(self) -> bool:
        """Whether the lock is held; without it no dot is sent."""
        return self._lock.held()

    def lost(self) -> bool:
        """Whether it was released; a broken connection is only an interruption."""
        return self._closed

    def is_alive(self, owner: str) -> bool:
        """Whether `owner` holds its lock or did a moment ago; True in doubt."""
        return self._was_seen(_key(owner), GRACE_SECONDS)

    def sharing(self, route: str) -> int:
        """How many held the route's lock at the last look, at least this worker."""
        return max(1, self._held[key_of_route(route)])

    def serves(self, route: str) -> bool:
        """Whether a worker that sends by it was seen within the patience; True in doubt."""
        return self._was_seen(key_of_route(route), self._patience_seconds)

    def release(self) -> None:
        """Release the lock."""
        self._closed = True
        self._lock.close()

    def _was_seen(self, key: int, within: float) -> bool:
        """Whether a lock was seen in the last `within` seconds, or may have been held unseen."""
        if not self.holds():  # cut off from the database: we saw nothing, and cannot judge
            return True
        # A key never seen counts as seen when looking began, so that nobody is declared dead
        # before we have looked for long enough.
        seen = max(self._seen.get(key, self._looking_since), self._looking_since)
        return self._looked_at - seen < within

    def _look(self, keys: Counter[int]) -> None:
        now = uptime_now().seconds
        # After a gap we were cut off, and the others may have been too: give them time again.
        if now - self._looked_at > GRACE_SECONDS:
            self._looking_since = now
        self._looked_at, self._held = now, keys
        self._seen = {
            key: at for key, at in self._seen.items() if now - at < self._patience_seconds
        } | dict.fromkeys(keys, now)


def _key(owner: str) -> int:
    """A name as 64 bits, since PostgreSQL identifies locks by numbers."""
    return int.from_bytes(hashlib.blake2b(owner.encode(), digest_size=8).digest(), signed=True)


def key_of_route(route: str) -> int:
    """The lock that all workers share that send by a route."""
    return _key(f"route {route}")
