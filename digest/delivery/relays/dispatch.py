"""Claims on their way from the ledger to the relays' lanes.

A lane asks for the next message of its relay; what `Fleet` gives to another relay
on the way waits in that one's queue, what must wait for its domain is set aside, and
what would wait too long goes back to the ledger with its hour. Synchronous, without
a clock: `now` is seconds of a monotonic one.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from digest.delivery.relays.fleet import Fleet
from digest.delivery.relays.member import Member
from digest.delivery.relays.parking import Parking
from digest.delivery.relays.ticket import Ticket, Wait

T = TypeVar("T")

ASIDE_SECONDS = 30.0
MOST_ASIDE = 3000
SHORTEST_DEFERRAL = 5.0


class Dispatch(Generic[T]):
    """The claims that one worker holds for the relays of its fleet, and has not begun."""

    def __init__(self, fleet: Fleet, domain_of: Callable[[T], str]) -> None:
        self.fleet = fleet
        self._domain_of = domain_of
        self._fresh: deque[T] = deque()
        self._parking: Parking[T] = Parking()
        self._assigned: dict[str, deque[tuple[T, Ticket]]] = {
            member.name: deque() for member in fleet.members
        }
        self._deferred: list[tuple[T, float]] = []
        self._blocked_until = float("-inf")

    def __len__(self) -> int:
        assigned = sum(len(queue) for queue in self._assigned.values())
        return len(self._fresh) + len(self._parking) + assigned

    def add(self, claims: Iterable[T]) -> None:
        """Take in claims, in the order in which they should go."""
        self._fresh.extend(claims)

    def add_in_front(self, claims: Sequence[T]) -> None:
        """Take in claims that go before all others."""
        self._fresh.extendleft(reversed(claims))

    def lacking(self, at_hand: int) -> int:
        """How many more to claim, to have `at_hand` ready besides those set aside; 0: enough."""
        if len(self._parking) >= MOST_ASIDE:
            return 0
        return max(0, at_hand - len(self._fresh))

    def next(self, relay: Member, now: float) -> tuple[T, Ticket] | None:
        """The next claim that this relay may send now; None: there is none.

        Others may have got some: wake the lanes of each relay with `assigned`.
        """
        own = self._assigned[relay.name]
        while not own:
            if not self._advance(now):
                return None
        return own.popleft()

    def assigned(self, relay: Member) -> int:
        """How many wait for lanes of this relay."""
        return len(self._assigned[relay.name])

    def deferred(self) -> list[tuple[T, float]]:
        """Take out what must go back to the ledger, with the seconds until it may go."""
        taken, self._deferred = self._deferred, []
        return taken

    def put_back(self, item: T, ticket: Ticket, now: float) -> None:
        """It was not sent, and may go another way."""
        ticket.returned(now)
        self._fresh.appendleft(item)

    def recall(self, relay: Member, now: float) -> None:
        """The relay is in trouble: what its lanes have not begun may go another way."""
        queue = self._assigned[relay.name]
        while queue:
            self.put_back(*queue.pop(), now)

    def seconds(self, now: float) -> float | None:
        """After how long to ask again, if no message ends before; None: when there is more."""
        if now < self._blocked_until:
            return self._blocked_until - now
        return self._parking.seconds(now)

    def withdraw(self, unwanted: Callable[[T], bool], now: float) -> list[T]:
        """Take out all unwanted ones, to be given back."""
        removed = self._parking.remove(unwanted)
        for name, queue in self._assigned.items():
            for item, ticket in queue:
                if unwanted(item):
                    ticket.returned(now)
                    removed.append(item)
            self._assigned[name] = deque(pair for pair in queue if not unwanted(pair[0]))
        for items in (self._fresh, [item for item, _ in self._deferred]):
            removed += [item for item in items if unwanted(item)]
        self._fresh = deque(item for item in self._fresh if not unwanted(item))
        self._deferred = [pair for pair in self._deferred if not unwanted(pair[0])]
        return removed

    def _advance(self, now: float) -> bool:
        """Move one claim on; False if there is none, or none can go now."""
        waiting = self._parking.due(now)
        if waiting is None:
            return self._advance_fresh(now)
        domain, item = waiting
        answer = self.fleet.choose(domain, now)
        if isinstance(answer, Ticket):
            self._parking.leave()
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
        answer: Ticket | Wait = Wait(0.0, domain_only=True)
        if not self._parking.waiting(domain):
            answer = self.fleet.choose(domain, now)
        if isinstance(answer, Ticket):
            self._assigned[answer.relay.name].append((item, answer))
        elif answer.domain_only:
            self._set_aside(domain, item, answer.seconds, now)
        else:
            self._blocked_until = now + answer.seconds
            return False
        self._fresh.popleft()
        return True

    def _set_aside(self, domain: str, item: T, wait: float, now: float) -> None:
        ahead = self._parking.waiting(domain)
        expected = wait + ahead * self.fleet.interval(domain, now)
        if expected <= ASIDE_SECONDS and len(self._parking) < MOST_ASIDE:
            self._parking.park(domain, item, wait, now)
        else:
            self._defer(domain, item, wait, ahead, now)

    def _postpone(self, domain: str, item: T, wait: float, now: float) -> None:
        if wait <= ASIDE_SECONDS:
            self._parking.postpone(wait, now)
        else:
            self._parking.leave()
            self._defer(domain, item, wait, 0, now)

    def _defer(self, domain: str, item: T, wait: float, ahead: int, now: float) -> None:
        seconds = self.fleet.defer_for(domain, wait, ahead, now)
        self._deferred.append((item, max(seconds, SHORTEST_DEFERRAL)))
