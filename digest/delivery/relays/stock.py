"""A worker's share of a quota: reserved in the database beforehand, spent here message by message.

So an hourly or daily limit holds across all workers and restarts, and costs no
query for a message. What a killed worker had reserved is lost until the window
ends: it errs on the side of the limit.
"""

from dataclasses import dataclass
from datetime import datetime

from digest.delivery.relays.config import RelayConfig

ASK_SECONDS = 0.05
ASK_AGAIN_SECONDS = 60.0


@dataclass(frozen=True)
class Need:
    """A request for `units` of a relay's quota, towards one `domain` or, if '', all."""

    relay: RelayConfig
    domain: str
    units: int


@dataclass(frozen=True)
class Unused:
    """`units` that were reserved then and not needed, to be given back."""

    relay: RelayConfig
    domain: str
    units: int
    reserved_at: datetime


@dataclass(frozen=True)
class Grant:
    """`units` of a quota, valid for `ends_in` seconds from `reserved_at`.

    If these are fewer than asked for, `spent_for` seconds pass until there are more
    by themselves; other workers may give some back before.
    """

    relay: str
    domain: str
    units: int
    reserved_at: datetime
    ends_in: float
    spent_for: float = 0.0


class Stock:
    """What is left of a reservation. Times are seconds of a monotonic clock."""

    __slots__ = ("_ask_at", "_chunk", "_ends", "_reserved_at", "_spent_until", "_wanted", "units")

    def __init__(self, chunk: int) -> None:
        self.units = 0
        self._chunk = chunk
        self._wanted = False
        self._ends = self._spent_until = self._ask_at = float("-inf")
        self._reserved_at: datetime | None = None

    def wait(self, now: float) -> float:
        """Seconds until one may go; 0.0 is now. Takes nothing, but notes what is wanted."""
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
        """One goes now."""
        self.units -= 1

    def give_back(self, now: float) -> None:
        """One did not go after all."""
        if now < self._ends:
            self.units += 1

    def needed(self, now: float) -> int:
        """How many to reserve now; 0 while there are enough, or it was asked in vain just now."""
        left = self.units if now < self._ends else 0
        if not self._wanted or now < self._ask_at or left > self._chunk // 4:
            return 0
        return self._chunk

    def add(self, grant: Grant, now: float) -> None:
        """Take in what was reserved, once it is committed."""
        self.units = grant.units + (self.units if now < self._ends else 0)
        self._ends = now + grant.ends_in
        self._reserved_at = grant.reserved_at
        self._wanted = self.units > 0
        self._spent_until = now + grant.spent_for if grant.spent_for else float("-inf")
        self._ask_at = now + ASK_AGAIN_SECONDS if grant.spent_for else float("-inf")

    def empty(self, now: float, *, only_ended: bool) -> tuple[int, datetime] | None:
        """Take out what will not be used, with when it was reserved, to be released."""
        if not self.units or not self._reserved_at or (only_ended and now < self._ends):
            return None
        self._wanted = False
        units, self.units = self.units, 0
        return units, self._reserved_at
