"""What one relay sends to one recipient domain: how many messages at a time, and how fast."""

from digest.delivery.ports import Reply
from digest.delivery.relays.breaker import CircuitBreaker
from digest.delivery.relays.bucket import Bucket
from digest.delivery.relays.config import DomainLimits
from digest.delivery.relays.reservation import QuotaReservation

HOUR = 3600.0
SLOW_SECONDS = 10.0
SLOWER_THAN_THE_REST = 3.0
SMOOTHING = 0.1
MOST_RESERVED = 500
SOONEST, LATEST = 0.005, 1.0


class DomainThrottle:
    """The limits of one (relay, domain) at work.

    `window` is how many messages may be in flight at once. It starts at half of the
    relay's connections, grows by one with each prompt reply, and falls back to a
    quarter when the domain answers much slower than the others. So a domain that
    hangs leaves connections free for the rest.
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
        "reservation",
        "window",
    )

    def __init__(
        self, domain: str, limits: DomainLimits | None, connections: int, at_once: int
    ) -> None:
        self.domain = domain
        self.in_flight = 0
        self.reply_seconds = 0.0
        self.breaker = CircuitBreaker()
        self.bucket: Bucket | None = None
        self.reservation: QuotaReservation | None = None
        self._most, self._hourly = at_once, 0.0
        self._per_second: float | None = None
        if limits:
            self._most = min(limits.connections or at_once, at_once)
            self._per_second = limits.per_second
            self.bucket = Bucket(limits.per_second) if limits.per_second else None
        if limits and limits.per_hour:
            self.reservation = QuotaReservation(chunk_of(limits.per_hour))
            self._hourly = HOUR / limits.per_hour
        self.window = min(self._most, max(1, connections // 2))
        self._slow = min(self._most, max(1, connections // 4))

    def wait(self, now: float) -> float:
        """Seconds until this domain may get one more; 0.0 means now. Takes nothing."""
        if self.breaker.until > now:
            return self.breaker.until - now
        if self.in_flight >= self.window:
            return min(max(self.reply_seconds / self.window, SOONEST), LATEST)
        if self.bucket and (wait := self.bucket.wait(now)):
            return wait
        if self.reservation:
            return self.reservation.wait(now)
        return 0.0

    def take(self, now: float) -> None:
        """Count one message that goes now."""
        self.in_flight += 1
        if self.bucket:
            self.bucket.take(now)
        if self.reservation:
            self.reservation.take()

    def give_back(self, now: float) -> None:
        """Undo one `take`: that message was not sent."""
        self.in_flight -= 1
        if self.bucket:
            self.bucket.give_back()
        if self.reservation:
            self.reservation.give_back(now)

    def replied(self, now: float, seconds: float, reply: Reply | None, usual: float) -> None:
        """A message ended after `seconds`; `usual` is the relay's mean over all domains."""
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

    def share_rate(self, workers: int) -> None:
        """Use this worker's part of the rate per second, of so many equal parts."""
        if self.bucket and self._per_second:
            self.bucket.set_rate(self._per_second / workers)

    def interval(self, now: float) -> float:
        """Expected seconds between two messages, given the limits and the replies so far."""
        return max(
            self.bucket.interval if self.bucket else 0.0,
            self._hourly if self.reservation and self.reservation.spent(now) else 0.0,
            self.reply_seconds / self.window,
        )

    def idle(self, now: float) -> bool:
        """Whether nothing would be lost by forgetting it."""
        return not (
            self.in_flight
            or not self.breaker.calm
            or (self.bucket and not self.bucket.rested(now))
            or (self.reservation and (self.reservation.units or self.reservation.spent(now)))
        )


def smoothed(mean: float, latest: float) -> float:
    """An exponentially weighted mean with one more value; 0 means there is none yet."""
    return mean + (latest - mean) * SMOOTHING if mean else latest


def chunk_of(limit: int) -> int:
    """How much of a quota a worker reserves at a time; small, so that others get some too."""
    return max(1, min(limit // 20, MOST_RESERVED))
