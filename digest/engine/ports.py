"""What an engine is given, and what it can do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Chores:
    """What is done when its time comes; each may be called anywhere, at once, and again.

    `tick` lets the calendar go on. `send` sees a mailing through, by its id, until
    nothing of it is due; it may be cancelled at any moment.
    """

    tick: Callable[[], Awaitable[None]]
    send: Callable[[int], Awaitable[None]]


class Engine(Protocol):
    """Calls the chores, from `start` until `stop`; a chore that fails stops nothing."""

    async def start(self) -> None:
        """Begin, and tick soon."""

    async def stop(self) -> None:
        """Begin nothing more, and come to an end."""
