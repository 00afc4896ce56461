"""When one recipient domain defers everybody alike, leave it alone for a while.

A provider that answers 421 or 451 4.7.x to one message after the other wants us
slower; going on at full speed makes it worse, and costs every reader there a try.
"""

from digest.delivery.ports import Reply

ALIKE = 10
PAUSES = (60.0, 300.0, 900.0)

# About one mailbox, not its domain: full, or disabled for now (RFC 3463 sections 3.2 and 3.3).
OF_A_MAILBOX = ("4.1.", "4.2.")
MAILBOX_FULL = 452


class Breaker:
    """Counts 4xx replies alike in a row from one domain. Times are monotonic seconds."""

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
        """Count a 4xx; True if the domain is to be left alone now, until `until`."""
        enhanced = reply.enhanced
        if now < self.until or _of_a_mailbox(reply.code, enhanced):
            return False
        kind = reply.code, enhanced
        self._alike = self._alike + 1 if kind == self._kind else 1
        self._kind = kind
        if self._alike < (1 if self._trips else ALIKE):
            return False
        self.until = now + PAUSES[min(self._trips, len(PAUSES) - 1)]
        self._trips, self._alike = self._trips + 1, 0
        return True

    def taken(self) -> None:
        """The domain took a message."""
        self._alike, self._trips = 0, 0


def _of_a_mailbox(code: int, enhanced: str | None) -> bool:
    return enhanced.startswith(OF_A_MAILBOX) if enhanced else code == MAILBOX_FULL
