"""How many connections to hold open: as many as the work needs, and the commits can use."""

from math import ceil

DRAIN_SECONDS = 1.0
MOST_PER_SECOND = 10_000
HEADROOM = 2.0
IDLE_SECONDS = 10.0


def connections_wanted(
    waiting: int, commit_seconds: float, reply_seconds: float, limit: int
) -> int:
    """Connections to one relay for `waiting` messages, at most `limit`.

    A message holds its connection for about two commits, since its arm waits out
    the one that runs, and for the relay's reply. So slow commits or a distant relay
    ask for more connections, and a few messages for few: what waits should be gone
    within a second. `waiting` is what is due, as far as is known: when the last claim
    came back full, say so by a large number. Close one that was above it for
    `IDLE_SECONDS`.
    """
    if waiting <= 0:
        return 0
    held = 2 * commit_seconds + reply_seconds
    rate = min(waiting / DRAIN_SECONDS, MOST_PER_SECOND)
    return max(1, min(limit, waiting, ceil(rate * held * HEADROOM)))
