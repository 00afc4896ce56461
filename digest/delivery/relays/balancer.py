"""Chooses the relay that takes the next message to a domain, or says how long to wait.

Shares follow the weights by stride scheduling (Waldspurger and Weihl, 1995): each
relay's `passed` grows by 1/weight with each message, and the relay with the lowest
value goes next. A relay that is out, or at one of its limits, leaves its turns to
the others and does not catch up later. A relay that is only busy is waited for, but
not for long: a slow relay must not hold up a fast one.

Pure and synchronous: `now` is seconds of a monotonic clock. The caller asks `choose`
for each message, and then calls exactly one of the permit's `done` and `returned`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digest.delivery.ports import Reply
from digest.delivery.relays.config import RelayConfig
from digest.delivery.relays.domain_throttle import DomainThrottle
from digest.delivery.relays.health import BACK_OFF_SECONDS
from digest.delivery.relays.live_relay import LiveRelay
from digest.delivery.relays.reservation import QuotaGrant, QuotaRequest, QuotaReturn
from digest.delivery.relays.status import RelayStatus, status_of

PATIENCE_SECONDS = 0.02
LONGEST_DEFERRAL = 3600.0
MOST_HORIZONS = 1000


class Permit:
    """Permission to hand one message to `relay` now; it counts against all limits until it ends."""

    __slots__ = ("_throttle", "relay", "started")

    def __init__(self, relay: LiveRelay, throttle: DomainThrottle, now: float) -> None:
        self.relay, self._throttle, self.started = relay, throttle, now
        relay.take(throttle, now)

    def done(self, now: float, reply: Reply | None) -> None:
        """The message ended with a reply, whatever it says, or without one (None)."""
        self.relay.replied(self._throttle, now, now - self.started, reply)

    def returned(self, now: float) -> None:
        """The message was not sent: undo what the permit took from limits and quotas."""
        self.relay.give_back(self._throttle, now)


@dataclass(frozen=True, slots=True)
class Wait:
    """No relay can take the message for `seconds`.

    `domain_only`: messages to other domains may go, so set this one aside. Otherwise
    nothing can go now: ask again after a message ended, or after `seconds` at the latest.
    """

    seconds: float
    domain_only: bool


class RelayBalancer:
    """The relays of one route in one worker.

    `per_connection`: how many messages a connection has in hand at a time; 1 unless
    it prepares the next one while the current one is sent.
    """

    def __init__(
        self,
        relays: Iterable[RelayConfig],
        per_connection: int = 1,
        back_off: Sequence[float] = BACK_OFF_SECONDS,
    ) -> None:
        self.relays = [LiveRelay(config, per_connection, back_off) for config in relays]
        self._by_name = {relay.name: relay for relay in self.relays}
        regular = [relay for relay in self.relays if relay.config.weight]
        standby = [relay for relay in self.relays if not relay.config.weight]
        self._tiers = [tier for tier in (regular, standby) if tier]
        self._passed = 0.0
        self._horizon: dict[str, float] = {}
        self._reported = {relay.name: status_of(relay, 0.0) for relay in self.relays}

    def choose(self, domain: str, now: float) -> Permit | Wait:
        """A permit for the next message to `domain` (A-labels, lower case), or how long to wait."""
        answer = self._among(self._tiers[0], domain, now)
        for tier, above in zip(self._tiers[1:], self._tiers, strict=False):
            if isinstance(answer, Permit) or not all(relay.is_out(now) for relay in above):
                break
            answer = _sooner(answer, self._among(tier, domain, now))
        return answer

    def _among(self, tier: list[LiveRelay], domain: str, now: float) -> Permit | Wait:
        """The relay furthest behind its share, of those that can take a message; or a wait."""
        best: tuple[LiveRelay, DomainThrottle] | None = None
        behind = owed = soonest = float("inf")
        domain_only = False
        for relay in tier:
            if relay.passed < self._passed:  # it missed turns while it could not send: no catch-up
                relay.passed = self._passed
            throttle = relay.throttles.get(domain) or relay.add_throttle(domain, now)
            wait = relay.wait(now)
            domain_wait = throttle.wait(now)
            if not wait and not domain_wait:
                if relay.passed < behind:
                    best, behind = (relay, throttle), relay.passed
                continue
            soonest = min(soonest, max(wait, domain_wait))
            domain_only = domain_only or not wait
            if not domain_wait and relay.busy_only(now, PATIENCE_SECONDS):
                owed = min(owed, relay.passed)
        if best is None:
            return Wait(soonest, domain_only)
        if owed < behind:  # it is a busy relay's turn: wait a moment, or shares drift from weights
            return Wait(PATIENCE_SECONDS, domain_only=False)
        self._passed = behind
        return Permit(*best, now)

    def trouble(self, relay: LiveRelay, now: float, reason: str, *, refused: bool = False) -> None:
        """The relay itself failed. `refused`: it rejects these settings; a person must act.

        All its connections back off together; then one message probes it.
        """
        relay.health.failed(now, reason, refused=refused)

    def all_refused(self) -> str | None:
        """Why every relay rejects these settings; None while at least one does not."""
        if not self.relays or not all(relay.health.refused for relay in self.relays):
            return None
        return "; ".join(f"{relay.name}: {relay.health.reason}" for relay in self.relays)

    def others_work(self, relay: LiveRelay) -> bool:
        """Whether there is another relay that does not reject what it is given."""
        return any(other is not relay and not other.health.refused for other in self.relays)

    def interval(self, domain: str, now: float) -> float:
        """Expected seconds between two messages to a domain, over all relays."""
        return 1 / sum(1 / relay.interval(domain, now) for relay in self.relays)

    def defer_for(self, domain: str, wait: float, ahead: int, now: float) -> float:
        """After how many seconds a message may go that cannot be set aside any more.

        Each such message gets a later time, as fast as the domain's limits allow, so that
        it is deferred once and not again and again. `wait` is that of `choose`; `ahead`:
        how many are set aside before it. At most an hour.
        """
        interval = self.interval(domain, now)
        if len(self._horizon) > MOST_HORIZONS:
            self._horizon = {d: at for d, at in self._horizon.items() if at > now}
        at = max(self._horizon.get(domain, 0.0), now + wait + ahead * interval) + interval
        self._horizon[domain] = at
        seconds = at - now
        if seconds <= LONGEST_DEFERRAL:
            return seconds
        # Beyond an hour: spread over its second half, or they would all come back at once.
        return LONGEST_DEFERRAL / 2 + seconds % (LONGEST_DEFERRAL / 2)

    def quota_requests(self, now: float) -> list[QuotaRequest]:
        """What to reserve before more can go; empty for relays without quotas."""
        return [
            QuotaRequest(relay.config, domain, units)
            for relay in self.relays
            for domain, reservation in relay.reservations()
            if (units := reservation.needed(now))
        ]

    def add_grants(self, grants: Iterable[QuotaGrant], now: float) -> None:
        """Take in committed grants; `now` is a moment before their transaction began."""
        for grant in grants:
            self._by_name[grant.relay].add_grant(grant, now)

    def quota_returns(self, now: float, *, everything: bool = False) -> list[QuotaReturn]:
        """Take out reservations that ended unused, or all with `everything`: the worker stops."""
        return [
            QuotaReturn(relay.config, domain, *left)
            for relay in self.relays
            for domain, reservation in relay.reservations()
            if (left := reservation.empty(now, only_ended=not everything))
        ]

    def share_rates(self, workers: int) -> None:
        """Divide the rates per second by the number of workers that are alive."""
        for relay in self.relays:
            relay.share_rates(max(1, workers))

    def statuses(self, now: float) -> list[RelayStatus]:
        """How each relay is doing."""
        return [status_of(relay, now) for relay in self.relays]

    def changed_statuses(self, now: float) -> list[RelayStatus]:
        """The statuses that changed since the last call."""
        changed = [
            status
            for status in self.statuses(now)
            if status.differs_from(self._reported[status.relay])
        ]
        self._reported.update((status.relay, status) for status in changed)
        return changed


def _sooner(first: Wait, second: Permit | Wait) -> Permit | Wait:
    if isinstance(second, Permit):
        return second
    return Wait(min(first.seconds, second.seconds), first.domain_only or second.domain_only)
