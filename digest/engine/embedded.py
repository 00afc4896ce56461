"""The engine of a store in a file: a ticker for each chore, in this process.

There are no jobs: the worker beside it derives from the ledger what is to be sent, when
it starts and every second.
"""

from collections.abc import Iterable

from digest.engine.ports import Chore
from schedules.ticker import Ticker


class EmbeddedEngine:
    """Does each chore at once, and then whenever its time has passed."""

    def __init__(self, chores: Iterable[Chore]) -> None:
        self._tickers = [Ticker(chore.run, every_seconds=chore.every_seconds) for chore in chores]

    async def start(self) -> None:
        """Begin with each chore at once."""
        for ticker in self._tickers:
            ticker.start()

    async def stop(self) -> None:
        """End when the chores under way have ended."""
        for ticker in self._tickers:
            await ticker.stop()
