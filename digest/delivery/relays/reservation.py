"""A worker's share of a quota: reserved in the database ahead of time, used up in memory.

So an hourly or daily limit holds across all workers and restarts without a query
for each message. What a killed worker had reserved is lost until the window ends:
the error is on the side of the limit.
"""

from dataclasses import dataclass
from datetime import datetime

from digest.delivery.relays.config import RelayConfig

ASK_SECONDS = 0.05
ASK_AGAIN_SECONDS = 60.0


@dataclass(frozen=True)
class QuotaRequest:
    """A request for `units` of a relay's quota for one recipient `domain`, or '' for all."""

    relay: RelayConfig
    domain: str
    units: int


@dataclass(frozen=True)
class QuotaReturn:
    """`units` that were reserved at `reserved_at`, not used, and are given back."""

    relay: RelayConfig
    domain: str
    units: int
    reserved_at: datetime


@dataclass(frozen=True)
class QuotaGrant:
    """`units` of a quota, valid for `ends_in` seconds from `reserved_at`.

    If that is fewer than requested, the quota renews itself in `spent_for` seconds;
    other workers may give some back earlier.
    """

    relay: str
    domain: str
    units: int
    reserved_at: datetime
    ends_in: float
    spent_for: float = 0.0


class QuotaReservation:
    """What is left of a reservation. Times are seconds of a monotonic clock.

    `chunk`: how many units to reserve at a time.
    """

    __slots__ = ("_ask_at", "_chunk", "_ends", "_reserved_at", "_spent_until", "_wanted", "units")

    def __init__(self, chunk: int) -> None:
        self.units = 0
        self._chunk = chunk
        self._wanted = False
        self._ends = self._spent_until = self._ask_at = float("-inf")
        self._reserved_at: datetime | None = None

    def wait(self, now: float) -> float:
        """Seconds until one message may go; 0.0 means now. Takes nothing, but notes the demand."""
        if self.units > 0 and now < self._ends:
            return 0.0
        self._wanted = True
        return max(self._spent_until - now, ASK_SECONDS)

    def spent(self, now: float) -> float:
        """Seconds until the quota itself, not only this share of it, has more; 0.0 if it has."""
        if now >= self._spent_until or (self.units > 0 and now < self._ends):
            return 0.0
        return self._spent_until - now

    def take(self) -> None:
        """Use one unit."""
        self.units -= 1

    def give_back(self, now: float) -> None:
        """Undo one `take`; after the window's end the unit is worth nothing."""
        if now < self._ends:
            self.units += 1

    def needed(self, now: float) -> int:
        """How many units to reserve now; 0 while there are enough, or just after a refusal."""
        left = self.units if now < self._ends else 0
        if not self._wanted or now < self._ask_at or left > self._chunk // 4:
            return 0
        return self._chunk

    def add(self, grant: QuotaGrant, now: float) -> None:
        """Take in a grant, once its transaction is committed."""
        self.units = grant.units + (self.units if now < self._ends else 0)
        self._ends = now + grant.ends_in
        self._reserved_at = grant.reserved_at
        self._wanted = self.units > 0
        self._spent_until = now + grant.spent_for if grant.spent_for else float("-inf")
        self._ask_at = now + ASK_AGAIN_SECONDS if grant.spent_for else float("-inf")

    def empty(self, now: float, *, only_ended: bool) -> tuple[int, datetime] | None:
        """Take out what will not be used and when it was reserved, so that it can be released."""
        if not self.units or not self._reserved_at or (only_ended and now < self._ends):
            return None
        self._wanted = False
        units, self.units = self.units, 0
        return units, self._reserved_at
