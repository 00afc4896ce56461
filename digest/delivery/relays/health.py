"""A relay's health, one for all its connections: up, backing off, or being probed."""

from enum import StrEnum

BACK_OFF_SECONDS = (5.0, 15.0, 60.0, 300.0)


class State(StrEnum):
    """`probing`: one message is tried after a back-off, and decides for all."""

    UP = "up"
    BACKING_OFF = "backing off"
    PROBING = "probing"


class Health:
    """Counts failures of the relay itself, never those of a recipient."""

    __slots__ = ("_failures", "reason", "refused", "state", "until")

    def __init__(self) -> None:
        self.state = State.UP
        self.until = 0.0
        self.reason: str | None = None
        self.refused = False
        self._failures = 0

    def failed(self, now: float, reason: str, *, refused: bool = False) -> None:
        """The relay could not be used; `refused`: not with these settings, so wait longest.

        What fails during a back-off belongs to the same incident and lengthens nothing.
        """
        if self.state is State.BACKING_OFF and now < self.until and not (refused > self.refused):
            return
        last = len(BACK_OFF_SECONDS) - 1
        self.until = now + BACK_OFF_SECONDS[last if refused else min(self._failures, last)]
        self.state, self.reason, self.refused = State.BACKING_OFF, reason, refused
        self._failures += 1

    def probe(self) -> None:
        """The back-off is over; one message is on its way."""
        self.state = State.PROBING

    def worked(self) -> None:
        """The relay answered a message: all is well again."""
        self.state, self.reason, self.refused, self._failures = State.UP, None, False, 0
