"""A smooth rate limit, by the generic cell rate algorithm (GCRA; ITU-T I.371, annex A).

Its whole state is one number: when the next message would be due if messages came
evenly. It acts as a token bucket, but needs no task to refill it, and idle time
earns no more than the burst.
"""

BURST_SECONDS = 0.05
TOO_SHORT = 1e-9  # rounding error, not worth a timer


class Bucket:
    """At most `rate`·t + `burst` messages in any t seconds. Times are monotonic seconds."""

    __slots__ = ("_ahead", "_due", "burst", "interval")

    def __init__(self, rate: float, burst: float | None = None) -> None:
        self._due = float("-inf")
        self.set_rate(rate, burst)

    def set_rate(self, rate: float, burst: float | None = None) -> None:
        """`rate` per second; `burst` at once: by default 50 ms' worth, but at least one."""
        self.interval = 1 / rate
        self.burst = max(1.0, rate * BURST_SECONDS if burst is None else burst)
        self._ahead = (self.burst - 1) * self.interval

    def wait(self, now: float) -> float:
        """Seconds until the next message may go; 0.0 means now. Takes nothing."""
        wait = self._due - self._ahead - now
        return wait if wait > TOO_SHORT else 0.0

    def take(self, now: float) -> None:
        """Count one message that goes now."""
        self._due = max(self._due, now) + self.interval

    def give_back(self) -> None:
        """Undo the last `take`: that message was not sent."""
        self._due -= self.interval

    def rested(self, now: float) -> bool:
        """Whether it is back in its initial state."""
        return self._due <= now
