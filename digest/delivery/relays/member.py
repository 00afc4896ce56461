"""One relay of the fleet at work: what is in flight, and whether it may take one more."""

from collections.abc import Iterator

from digest.delivery.ports import Reply
from digest.delivery.relays.bucket import Bucket
from digest.delivery.relays.config import RelayConfig
from digest.delivery.relays.flow import Flow, chunk_of, smoothed
from digest.delivery.relays.health import Health, State
from digest.delivery.relays.stock import Grant, Stock

MOST_FLOWS = 5000
POLL_SECONDS = 1.0
STANDBY_STRIDE = 1.0
FASTEST = 0.001
CLOSING = 421


class Member:
    """State of one relay in one worker. Times are seconds of a monotonic clock.

    `room`: messages that it may have in hand, over all its connections.
    """

    __slots__ = (
        "_room",
        "_tidy_at",
        "_workers",
        "bucket",
        "config",
        "flows",
        "full_since",
        "health",
        "in_flight",
        "name",
        "passed",
        "reply_seconds",
        "room",
        "stock",
        "stride",
    )

    def __init__(self, config: RelayConfig, per_connection: int) -> None:
        self.config, self.name = config, config.name
        self.health = Health()
        self.room = self._room = config.connections * per_connection
        self.in_flight = 0
        self.full_since = 0.0
        self.reply_seconds = 0.0
        self.bucket = Bucket(config.per_second) if config.per_second else None
        limits = [n for n in (config.per_hour, config.per_day) if n]
        self.stock = Stock(chunk_of(min(limits, default=1000))) if config.has_quota else None
        self.flows: dict[str, Flow] = {}
        self._tidy_at = MOST_FLOWS
        self._workers = 1
        self.stride = 1 / config.weight if config.weight else STANDBY_STRIDE
        self.passed = 0.0

    def flow(self, domain: str, now: float) -> Flow:
        """What goes to a domain."""
        return self.flows.get(domain) or self.meet(domain, now)

    def meet(self, domain: str, now: float) -> Flow:
        """Begin with a domain; others that are of no interest any more are forgotten for it."""
        if len(self.flows) >= self._tidy_at:
            self.flows = {d: f for d, f in self.flows.items() if not f.idle(now)}
            self._tidy_at = max(MOST_FLOWS, 2 * len(self.flows))
        limits = self.config.towards(domain)
        flow = Flow(domain, limits, self.config.connections, self._room)
        flow.shared_by(self._workers)
        self.flows[domain] = flow
        return flow

    def down(self, now: float) -> bool:
        """Whether others must stand in: backing off, probing, or its quota used up."""
        return self.health.state is not State.UP or (
            self.stock is not None and self.stock.spent(now) > 0
        )

    def wait(self, now: float) -> float:
        """Seconds until the relay as such may take one more; 0.0 is now. Takes nothing."""
        if self.health.state is State.BACKING_OFF:
            if now < self.health.until:
                return self.health.until - now
            self.health.probe()
            self.room = self.in_flight + 1
        if self.in_flight >= self.room:
            return POLL_SECONDS
        if self.bucket and (wait := self.bucket.wait(now)):
            return wait
        return self.stock.wait(now) if self.stock else 0.0

    def take(self, flow: Flow, now: float) -> None:
        """One goes now."""
        self.passed += self.stride
        self.in_flight += 1
        if self.in_flight >= self.room:
            self.full_since = now
        if self.bucket:
            self.bucket.take(now)
        if self.stock:
            self.stock.take()
        flow.take(now)

    def replied(self, flow: Flow, now: float, seconds: float, reply: Reply | None) -> None:
        """One is over: the relay answered, or after the dot did not."""
        self.in_flight -= 1
        flow.replied(now, seconds, reply, self.reply_seconds)
        self.reply_seconds = smoothed(self.reply_seconds, seconds)
        probing = self.health.state is State.PROBING
        if probing and reply is not None and reply.code != CLOSING:
            self.health.worked()
            self.room = self._room

    def give_back(self, flow: Flow, now: float) -> None:
        """One was not sent after all."""
        self.in_flight -= 1
        if self.bucket:
            self.bucket.give_back()
        if self.stock:
            self.stock.give_back(now)
        flow.give_back(now)

    def busy_only(self, now: float, patience: float) -> bool:
        """Whether it only waits for a free place, and has not for long."""
        busy = self.in_flight >= self.room and self.health.state is State.UP
        return busy and now - self.full_since < patience

    def interval(self, domain: str, now: float) -> float:
        """Seconds from one message to a domain to the next, as limits and replies allow."""
        own = self.bucket.interval if self.bucket else 0.0
        return max(own, self.flow(domain, now).interval(now), FASTEST)

    def refill(self, grant: Grant, now: float) -> None:
        """Take in what was reserved for it."""
        stock = self.flow(grant.domain, now).stock if grant.domain else self.stock
        if stock:
            stock.add(grant, now)

    def shared_by(self, workers: int) -> None:
        """Take one of so many parts of the rates per second."""
        if workers == self._workers:
            return
        self._workers = workers
        if self.bucket and self.config.per_second:
            self.bucket.set_rate(self.config.per_second / workers)
        for flow in self.flows.values():
            flow.shared_by(workers)

    def stocks(self) -> Iterator[tuple[str, Stock]]:
        """Its shares of quotas, by domain or '' for all."""
        if self.stock:
            yield "", self.stock
        for flow in self.flows.values():
            if flow.stock:
                yield flow.domain, flow.stock
