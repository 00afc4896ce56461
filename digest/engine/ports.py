"""What an engine is given, and what it can do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

# Delivers what is due of a mailing, by its id; may be cancelled at any moment.
DeliverMailing = Callable[[int], Awaitable[None]]


@dataclass(frozen=True)
class Chore:
    """Something to do again and again.

    `run` may be called in any process, late, and again after a failure: it must find out
    for itself what is due. `name` is that of its jobs in PostgreSQL, where only one process
    at a time does the chore. `every_seconds` divides a minute, or is whole minutes that
    divide an hour.
    """

    name: str
    run: Callable[[], Awaitable[None]]
    every_seconds: float


class Engine(Protocol):
    """Does the chores from `start` until `stop`; a chore that fails stops nothing."""

    async def start(self) -> None:
        """Begin, and do each chore soon."""

    async def stop(self) -> None:
        """Begin nothing more; return when the chore under way has ended."""
