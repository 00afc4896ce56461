"""A smooth rate, by the generic cell rate algorithm (ITU-T I.371, annex A; GCRA).

One number says it all: when the next one would be due if they came evenly. A
token bucket without a tick: no task refills it, and idle time earns no more than
the burst.
"""

BURST_SECONDS = 0.05
TOO_SHORT = 1e-9


class Bucket:
    """At most `rate`·t + `burst` in any t seconds. Times are seconds of a monotonic clock."""

    __slots__ = ("_ahead", "_due", "burst", "interval")

    def __init__(self, rate: float, burst: float | None = None) -> None:
        self._due = float("-inf")
        self.set_rate(rate, burst)

    def set_rate(self, rate: float, burst: float | None = None) -> None:
        """`rate` per second; `burst` at once, by default what belongs to 50 ms, but one."""
        self.interval = 1 / rate
        self.burst = max(1.0, rate * BURST_SECONDS if burst is None else burst)
        self._ahead = (self.burst - 1) * self.interval

    def wait(self, now: float) -> float:
        """Seconds until one may go; 0.0 is now. Takes nothing."""
        wait = self._due - self._ahead - now
        return wait if wait > TOO_SHORT else 0.0

    def take(self, now: float) -> None:
        """One goes now."""
        self._due = max(self._due, now) + self.interval

    def rested(self, now: float) -> bool:
        """Whether it is as good as new."""
        return self._due <= now

    def give_back(self) -> None:
        """The last one did not go after all."""
        self._due -= self.interval
