"""Claims that wait for their recipient domain, set aside so that others can pass.

Within a domain the order is kept. A domain is looked at only when its time has come,
so waiting claims cost nothing.
"""

import heapq
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class DomainQueues(Generic[T]):
    """One queue for each domain. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._items: dict[str, deque[T]] = {}
        self._times: list[tuple[float, str]] = []  # a heap with one entry for each domain
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def waiting(self, domain: str) -> int:
        """How many of a domain wait here; later ones must queue behind them."""
        return len(self._items.get(domain, ()))

    def add(self, domain: str, item: T, wait: float, now: float) -> None:
        """Set an item aside for `wait` seconds, or until those before it have gone."""
        queue = self._items.get(domain)
        if queue is None:
            queue = self._items[domain] = deque()
            heapq.heappush(self._times, (now + wait, domain))
        queue.append(item)
        self._size += 1

    def due(self, now: float) -> tuple[str, T] | None:
        """The next item whose domain's time has come. Then call `pop` or `postpone`."""
        if not self._times or self._times[0][0] > now:
            return None
        domain = self._times[0][1]
        return domain, self._items[domain][0]

    def pop(self) -> None:
        """Remove the due item; the next one of its domain is due at once."""
        domain = self._times[0][1]
        queue = self._items[domain]
        queue.popleft()
        self._size -= 1
        if not queue:
            del self._items[domain]
            heapq.heappop(self._times)

    def postpone(self, wait: float, now: float) -> None:
        """Let the due item's domain wait for another `wait` seconds."""
        heapq.heapreplace(self._times, (now + wait, self._times[0][1]))

    def seconds(self, now: float) -> float | None:
        """Seconds until the next domain is due, 0.0 if one is; None if nothing waits."""
        return max(0.0, self._times[0][0] - now) if self._times else None

    def remove(self, unwanted: Callable[[T], bool]) -> list[T]:
        """Take out all unwanted items."""
        removed = [item for queue in self._items.values() for item in queue if unwanted(item)]
        kept = {d: deque(i for i in q if not unwanted(i)) for d, q in self._items.items()}
        self._items = {domain: queue for domain, queue in kept.items() if queue}
        self._times = [entry for entry in self._times if entry[1] in self._items]
        heapq.heapify(self._times)
        self._size -= len(removed)
        return removed
