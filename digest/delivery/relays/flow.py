"""What one relay sends to one recipient domain: how much at a time, and how fast."""

from digest.delivery.ports import Reply
from digest.delivery.relays.breaker import Breaker
from digest.delivery.relays.bucket import Bucket
from digest.delivery.relays.config import DomainLimits
from digest.delivery.relays.stock import Stock

HOUR = 3600.0
SLOW_SECONDS = 10.0
SLOWER_THAN_THE_REST = 3.0
SMOOTHING = 0.1
MOST_RESERVED = 500
SOONEST, LATEST = 0.005, 1.0


class Flow:
    """One (relay, domain).

    A domain that nobody knows yet gets half of the relay's connections, and one more
    message at a time with each prompt reply; one that answers much slower than the rest
    falls back to a quarter. So a domain that hangs leaves connections to the others.
    """

    __slots__ = (
        "_hourly",
        "_most",
        "_per_second",
        "_slow",
        "breaker",
        "bucket",
        "domain",
        "in_flight",
        "reply_seconds",
        "stock",
        "window",
    )

    def __init__(
        self, domain: str, limits: DomainLimits | None, connections: int, at_once: int
    ) -> None:
        self.domain = domain
        self.in_flight = 0
        self.reply_seconds = 0.0
        self.breaker = Breaker()
        self.bucket: Bucket | None = None
        self.stock: Stock | None = None
        self._most, self._hourly = at_once, 0.0
        self._per_second: float | None = None
        if limits:
            self._most = min(limits.connections or at_once, at_once)
            self._per_second = limits.per_second
            self.bucket = Bucket(limits.per_second) if limits.per_second else None
        if limits and limits.per_hour:
            self.stock = Stock(chunk_of(limits.per_hour))
            self._hourly = HOUR / limits.per_hour
        self.window = min(self._most, max(1, connections // 2))
        self._slow = min(self._most, max(1, connections // 4))

    def wait(self, now: float) -> float:
        """Seconds until this domain may be sent one more; 0.0 is now. Takes nothing."""
        if self.breaker.until > now:
            return self.breaker.until - now
        if self.in_flight >= self.window:
            return min(max(self.reply_seconds / self.window, SOONEST), LATEST)
        if self.bucket and (wait := self.bucket.wait(now)):
            return wait
        if self.stock:
            return self.stock.wait(now)
        return 0.0

    def take(self, now: float) -> None:
        """One goes now."""
        self.in_flight += 1
        if self.bucket:
            self.bucket.take(now)
        if self.stock:
            self.stock.take()

    def give_back(self, now: float) -> None:
        """One was not sent after all."""
        self.in_flight -= 1
        if self.bucket:
            self.bucket.give_back()
        if self.stock:
            self.stock.give_back(now)

    def replied(self, now: float, seconds: float, reply: Reply | None, usual: float) -> None:
        """One is over, after so many seconds; `usual` is the relay's mean of all domains."""
        self.in_flight -= 1
        self.reply_seconds = smoothed(self.reply_seconds, seconds)
        if reply is not None and 400 <= reply.code < 500:
            if self.breaker.deferred(reply, now):
                self.window = 1
        elif seconds > SLOW_SECONDS and seconds > usual * SLOWER_THAN_THE_REST:
            self.window = self._slow
        elif self.window < self._most:
            self.window += 1
        if reply is not None and reply.code < 400 and not self.breaker.calm:
            self.breaker.taken()

    def shared_by(self, workers: int) -> None:
        """Take one of so many parts of the rate per second."""
        if self.bucket and self._per_second:
            self.bucket.set_rate(self._per_second / workers)

    def interval(self, now: float) -> float:
        """Seconds from one message to the next, as limits and replies allow."""
        return max(
            self.bucket.interval if self.bucket else 0.0,
            self._hourly if self.stock and self.stock.spent(now) else 0.0,
            self.reply_seconds / self.window,
        )

    def idle(self, now: float) -> bool:
        """Whether it can be forgotten without loss."""
        return not (
            self.in_flight
            or not self.breaker.calm
            or (self.bucket and not self.bucket.rested(now))
            or (self.stock and (self.stock.units or self.stock.spent(now)))
        )


def smoothed(mean: float, latest: float) -> float:
    """The running mean, with a new value in it; 0 is none yet."""
    return mean + (latest - mean) * SMOOTHING if mean else latest


def chunk_of(limit: int) -> int:
    """How much of a quota a worker reserves at a time: little enough to leave some to others."""
    return max(1, min(limit // 20, MOST_RESERVED))
