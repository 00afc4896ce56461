"""A relay's health, shared by all its connections: up, backing off, or being probed."""

from collections.abc import Sequence
from enum import StrEnum

BACK_OFF_SECONDS = (5.0, 15.0, 60.0, 300.0)


class HealthState(StrEnum):
    """`probing`: after a back-off, one message is tried and decides for all connections."""

    UP = "up"
    BACKING_OFF = "backing off"
    PROBING = "probing"


class Health:
    """Counts failures of the relay itself, never those of a recipient.

    `back_off`: seconds to wait after the first, second, … failure in a row; the last repeats.
    """

    __slots__ = ("_back_off", "_failures", "reason", "refused", "state", "until")

    def __init__(self, back_off: Sequence[float] = BACK_OFF_SECONDS) -> None:
        self.state = HealthState.UP
        self.until = 0.0
        self.reason: str | None = None
        self.refused = False
        self._back_off = back_off
        self._failures = 0

    def failed(self, now: float, reason: str, *, refused: bool = False) -> None:
        """Record that the relay could not be used.

        `refused`: it rejects these settings, so only the longest back-off makes sense.
        """
        # When a relay goes down, all its connections fail within moments. That is one
        # incident: the failures during the back-off must not make it longer. Only a
        # refusal is news then, because it changes what has to be done about it.
        during_back_off = self.state is HealthState.BACKING_OFF and now < self.until
        if during_back_off and not (refused and not self.refused):
            return
        last = len(self._back_off) - 1
        self.until = now + self._back_off[last if refused else min(self._failures, last)]
        self.state, self.reason, self.refused = HealthState.BACKING_OFF, reason, refused
        self._failures += 1

    def probe(self) -> None:
        """The back-off is over and one message is on its way."""
        self.state = HealthState.PROBING

    def worked(self) -> None:
        """The relay answered a message: it is up again."""
        self.state, self.reason, self.refused, self._failures = HealthState.UP, None, False, 0
