"""A circuit breaker for one recipient domain that defers everybody alike.

A provider that answers one message after the other with 421 or 451 4.7.x wants
us to slow down. Continuing at full speed makes it worse, and charges every
reader there a try.
"""

from digest.delivery.ports import Reply

ALIKE = 10
PAUSES = (60.0, 300.0, 900.0)

# About one mailbox, not its domain: full, or disabled for now (RFC 3463 sections 3.2 and 3.3).
OF_A_MAILBOX = ("4.1.", "4.2.")
MAILBOX_FULL = 452


class CircuitBreaker:
    """Counts equal 4xx replies in a row from one domain. Times are monotonic seconds."""

    __slots__ = ("_alike", "_kind", "_trips", "until")

    def __init__(self) -> None:
        self.until = float("-inf")
        self._alike, self._trips = 0, 0
        self._kind: tuple[int, str | None] | None = None

    @property
    def calm(self) -> bool:
        """Whether there is nothing to remember."""
        return not self._alike and not self._trips

    def deferred(self, reply: Reply, now: float) -> bool:
        """Count a 4xx reply. True if it opened the breaker: send nothing there before `until`."""
        enhanced = reply.enhanced
        # Replies during a pause belong to messages that were on their way when it began.
        if now < self.until or _of_a_mailbox(reply.code, enhanced):
            return False
        kind = reply.code, enhanced
        self._alike = self._alike + 1 if kind == self._kind else 1
        self._kind = kind
        if self._alike < (1 if self._trips else ALIKE):  # after a pause one more is enough
            return False
        self.until = now + PAUSES[min(self._trips, len(PAUSES) - 1)]
        self._trips, self._alike = self._trips + 1, 0
        return True

    def taken(self) -> None:
        """The domain accepted a message: start counting from zero."""
        self._alike, self._trips = 0, 0


def _of_a_mailbox(code: int, enhanced: str | None) -> bool:
    return enhanced.startswith(OF_A_MAILBOX) if enhanced else code == MAILBOX_FULL
