"""The engine of a store in a file: a ticker in this process.

There are no jobs: what is to be sent is derived from the ledger, by the worker
beside it, at its start and every second.
"""

from digest.engine.ports import Chores
from schedules.ticker import Ticker


class EmbeddedEngine:
    """Ticks every `seconds`."""

    def __init__(self, chores: Chores, seconds: float = 20) -> None:
        self._ticker = Ticker(chores.tick, every_seconds=seconds)

    async def start(self) -> None:
        """Begin with a tick."""
        self._ticker.start()

    async def stop(self) -> None:
        """End when the tick under way has ended."""
        await self._ticker.stop()
