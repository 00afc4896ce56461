"""One relay at work in one worker: what is in flight, and whether it can take one more."""

from collections.abc import Iterator, Sequence

from digest.delivery.ports import Reply
from digest.delivery.relays.bucket import Bucket
from digest.delivery.relays.config import RelayConfig
from digest.delivery.relays.domain_throttle import DomainThrottle, chunk_of, smoothed
from digest.delivery.relays.health import BACK_OFF_SECONDS, Health, HealthState
from digest.delivery.relays.reservation import QuotaGrant, QuotaReservation

MOST_DOMAINS = 5000
POLL_SECONDS = 1.0
STANDBY_STRIDE = 1.0
FASTEST = 0.001
CLOSING = 421


class LiveRelay:
    """State of one relay in one worker. Times are seconds of a monotonic clock.

    `room`: how many messages it may have in hand over all its connections.
    `stride` and `passed` share messages out by weight; see `RelayBalancer`.
    """

    __slots__ = (
        "_room",
        "_tidy_at",
        "_workers",
        "bucket",
        "config",
        "full_since",
        "health",
        "in_flight",
        "name",
        "passed",
        "reply_seconds",
        "reservation",
        "room",
        "stride",
        "throttles",
    )

    def __init__(
        self,
        config: RelayConfig,
        per_connection: int,
        back_off: Sequence[float] = BACK_OFF_SECONDS,
    ) -> None:
        self.config, self.name = config, config.name
        self.health = Health(back_off)
        self.room = self._room = config.connections * per_connection
        self.in_flight = 0
        self.full_since = 0.0
        self.reply_seconds = 0.0
        self.bucket = Bucket(config.per_second) if config.per_second else None
        limits = [n for n in (config.per_hour, config.per_day) if n]
        chunk = chunk_of(min(limits, default=1000))
        self.reservation = QuotaReservation(chunk) if config.has_quota else None
        self.throttles: dict[str, DomainThrottle] = {}
        self._tidy_at = MOST_DOMAINS
        self._workers = 1
        self.stride = 1 / config.weight if config.weight else STANDBY_STRIDE
        self.passed = 0.0

    def throttle(self, domain: str, now: float) -> DomainThrottle:
        """The throttle of a recipient domain."""
        return self.throttles.get(domain) or self.add_throttle(domain, now)

    def add_throttle(self, domain: str, now: float) -> DomainThrottle:
        """Start with a new domain; idle ones are forgotten when there are too many."""
        if len(self.throttles) >= self._tidy_at:
            self.throttles = {d: t for d, t in self.throttles.items() if not t.idle(now)}
            # Doubled, so that a list with very many busy domains is not swept for each one.
            self._tidy_at = max(MOST_DOMAINS, 2 * len(self.throttles))
        limits = self.config.towards(domain)
        throttle = DomainThrottle(domain, limits, self.config.connections, self._room)
        throttle.share_rate(self._workers)
        self.throttles[domain] = throttle
        return throttle

    def is_out(self, now: float) -> bool:
        """Whether others must stand in: it is backing off or probing, or its quota is used up."""
        return self.health.state is not HealthState.UP or (
            self.reservation is not None and self.reservation.spent(now) > 0
        )

    def wait(self, now: float) -> float:
        """Seconds until the relay as such can take one more; 0.0 means now. Takes nothing."""
        if self.health.state is HealthState.BACKING_OFF:
            if now < self.health.until:
                return self.health.until - now
            self.health.probe()
            self.room = self.in_flight + 1  # exactly one message probes the relay
        if self.in_flight >= self.room:
            return POLL_SECONDS
        if self.bucket and (wait := self.bucket.wait(now)):
            return wait
        return self.reservation.wait(now) if self.reservation else 0.0

    def take(self, throttle: DomainThrottle, now: float) -> None:
        """Count one message that goes now."""
        self.passed += self.stride
        self.in_flight += 1
        if self.in_flight >= self.room:
            self.full_since = now
        if self.bucket:
            self.bucket.take(now)
        if self.reservation:
            self.reservation.take()
        throttle.take(now)

    def replied(
        self, throttle: DomainThrottle, now: float, seconds: float, reply: Reply | None
    ) -> None:
        """A message ended: the relay answered, or did not answer the final dot (None)."""
        self.in_flight -= 1
        throttle.replied(now, seconds, reply, self.reply_seconds)
        self.reply_seconds = smoothed(self.reply_seconds, seconds)
        probing = self.health.state is HealthState.PROBING
        if probing and reply is not None and reply.code != CLOSING:
            self.health.worked()
            self.room = self._room

    def give_back(self, throttle: DomainThrottle, now: float) -> None:
        """Undo one `take`: that message was not sent."""
        self.in_flight -= 1
        if self.bucket:
            self.bucket.give_back()
        if self.reservation:
            self.reservation.give_back(now)
        throttle.give_back(now)

    def busy_only(self, now: float, patience: float) -> bool:
        """Whether it only waits for a free place, and for less than `patience` seconds so far."""
        busy = self.in_flight >= self.room and self.health.state is HealthState.UP
        return busy and now - self.full_since < patience

    def interval(self, domain: str, now: float) -> float:
        """Expected seconds between two messages to a domain, given limits and replies so far."""
        own = self.bucket.interval if self.bucket else 0.0
        return max(own, self.throttle(domain, now).interval(now), FASTEST)

    def add_grant(self, grant: QuotaGrant, now: float) -> None:
        """Take in what was reserved for it."""
        domain = grant.domain
        reservation = self.throttle(domain, now).reservation if domain else self.reservation
        if reservation:
            reservation.add(grant, now)

    def share_rates(self, workers: int) -> None:
        """Use this worker's part of the rates per second, of so many equal parts."""
        if workers == self._workers:
            return
        self._workers = workers
        if self.bucket and self.config.per_second:
            self.bucket.set_rate(self.config.per_second / workers)
        for throttle in self.throttles.values():
            throttle.share_rate(workers)

    def reservations(self) -> Iterator[tuple[str, QuotaReservation]]:
        """Its shares of quotas, by recipient domain, or '' for all."""
        if self.reservation:
            yield "", self.reservation
        for throttle in self.throttles.values():
            if throttle.reservation:
                yield throttle.domain, throttle.reservation
