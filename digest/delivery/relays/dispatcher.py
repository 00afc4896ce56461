"""Claims on their way from the ledger to the lanes of the relays.

A lane asks for the next message of its relay. What the `RelayBalancer` gives to another
relay meanwhile waits in that relay's queue; what must wait for its domain is set aside;
what would wait too long goes back to the ledger with a time. Synchronous, without a
clock: `now` is seconds of a monotonic clock.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from digest.delivery.relays.balancer import Permit, RelayBalancer, Wait
from digest.delivery.relays.domain_queues import DomainQueues
from digest.delivery.relays.live_relay import LiveRelay

T = TypeVar("T")

ASIDE_SECONDS = 30.0
MOST_ASIDE = 3000
SHORTEST_DEFERRAL = 5.0


class Dispatcher(Generic[T]):
    """The claims that one worker holds for its relays and has not begun to send."""

    def __init__(self, balancer: RelayBalancer, domain_of: Callable[[T], str]) -> None:
        self.balancer = balancer
        self._domain_of = domain_of
        self._fresh: deque[T] = deque()
        self._aside: DomainQueues[T] = DomainQueues()
        self._assigned: dict[str, deque[tuple[T, Permit]]] = {
            relay.name: deque() for relay in balancer.relays
        }
        self._deferred: list[tuple[T, float]] = []
        self._blocked_until = float("-inf")

    def __len__(self) -> int:
        assigned = sum(len(queue) for queue in self._assigned.values())
        return len(self._fresh) + len(self._aside) + assigned

    def add(self, claims: Iterable[T]) -> None:
        """Take in claims, in the order in which they should go."""
        self._fresh.extend(claims)

    def add_in_front(self, claims: Sequence[T]) -> None:
        """Take in claims that go before all others."""
        self._fresh.extendleft(reversed(claims))

    def lacking(self, at_hand: int) -> int:
        """How many more to claim, to have `at_hand` ready besides those set aside; 0: enough."""
        if len(self._aside) >= MOST_ASIDE:
            return 0
        return max(0, at_hand - len(self._fresh))

    def next(self, relay: LiveRelay, now: float) -> tuple[T, Permit] | None:
        """The next claim that this relay may send now, or None.

        Other relays may have been given some meanwhile: wake the lanes of each relay
        with `assigned`.
        """
        own = self._assigned[relay.name]
        while not own:
            if not self._advance(now):
                return None
        return own.popleft()

    def assigned(self, relay: LiveRelay) -> int:
        """How many claims wait for lanes of this relay."""
        return len(self._assigned[relay.name])

    def deferred(self) -> list[tuple[T, float]]:
        """Take out what must go back to the ledger, with the seconds until it may go."""
        taken, self._deferred = self._deferred, []
        return taken

    def put_back(self, item: T, permit: Permit, now: float) -> None:
        """The item was not sent and may go by another relay."""
        permit.returned(now)
        self._fresh.appendleft(item)

    def recall(self, relay: LiveRelay, now: float) -> None:
        """The relay is in trouble: what its lanes have not begun may go by another relay."""
        queue = self._assigned[relay.name]
        while queue:
            self.put_back(*queue.pop(), now)

    def seconds(self, now: float) -> float | None:
        """When to ask again if no message ends before; None: only when there are new claims."""
        if now < self._blocked_until:
            return self._blocked_until - now
        return self._aside.seconds(now)

    def withdraw(self, unwanted: Callable[[T], bool], now: float) -> list[T]:
        """Take out all unwanted claims, to be given back to the ledger."""
        removed = self._aside.remove(unwanted)
        for name, queue in self._assigned.items():
            for item, permit in queue:
                if unwanted(item):
                    permit.returned(now)
                    removed.append(item)
            self._assigned[name] = deque(pair for pair in queue if not unwanted(pair[0]))
        for items in (self._fresh, [item for item, _ in self._deferred]):
            removed += [item for item in items if unwanted(item)]
        self._fresh = deque(item for item in self._fresh if not unwanted(item))
        self._deferred = [pair for pair in self._deferred if not unwanted(pair[0])]
        return removed

    def _advance(self, now: float) -> bool:
        """Move one claim forward; False if there is none, or none can go now."""
        waiting = self._aside.due(now)  # before the fresh ones: they have waited longer
        if waiting is None:
            return self._advance_fresh(now)
        domain, item = waiting
        answer = self.balancer.choose(domain, now)
        if isinstance(answer, Permit):
            self._aside.pop()
            self._assigned[answer.relay.name].append((item, answer))
        elif answer.domain_only:
            self._postpone(domain, item, answer.seconds, now)
        else:
            self._blocked_until = now + answer.seconds
            return False
        return True

    def _advance_fresh(self, now: float) -> bool:
        if not self._fresh:
            return False
        item = self._fresh[0]
        domain = self._domain_of(item)
        answer: Permit | Wait = Wait(0.0, domain_only=True)
        if not self._aside.waiting(domain):  # otherwise it would overtake those set aside
            answer = self.balancer.choose(domain, now)
        if isinstance(answer, Permit):
            self._assigned[answer.relay.name].append((item, answer))
        elif answer.domain_only:
            self._set_aside(domain, item, answer.seconds, now)
        else:
            self._blocked_until = now + answer.seconds
            return False
        self._fresh.popleft()
        return True

    def _set_aside(self, domain: str, item: T, wait: float, now: float) -> None:
        ahead = self._aside.waiting(domain)
        expected = wait + ahead * self.balancer.interval(domain, now)
        if expected <= ASIDE_SECONDS and len(self._aside) < MOST_ASIDE:
            self._aside.add(domain, item, wait, now)
        else:
            self._defer(domain, item, wait, ahead, now)

    def _postpone(self, domain: str, item: T, wait: float, now: float) -> None:
        if wait <= ASIDE_SECONDS:
            self._aside.postpone(wait, now)
        else:
            self._aside.pop()
            self._defer(domain, item, wait, 0, now)

    def _defer(self, domain: str, item: T, wait: float, ahead: int, now: float) -> None:
        seconds = self.balancer.defer_for(domain, wait, ahead, now)
        self._deferred.append((item, max(seconds, SHORTEST_DEFERRAL)))
