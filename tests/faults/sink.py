"""The relay of the fault runs: counts copies per reader and answers after a random delay."""

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass

from tests.relay import Relay, Taken


@dataclass
class Sink(Relay):
    """A relay that waits before it takes a message, and again before it says so.

    A sender that is killed during the first wait leaves a message that will be taken; during
    the second, one that was taken without an answer. From outside they look the same.
    `slowest` is the longest of either wait, in seconds.
    """

    slowest: float = 0.01
    dice: random.Random | None = None

    def message_ids(self) -> dict[str, set[str]]:
        """The Message-IDs that each recipient was sent; exactly one each if all is well."""
        found: dict[str, set[str]] = defaultdict(set)
        for taken in self.taken:
            found[taken.recipient].add(_message_id(taken.data))
        return dict(found)

    async def settle(self) -> None:
        """Wait until the messages of dead senders have been taken."""
        await asyncio.sleep(3 * self.slowest)

    async def take(self, taken: Taken) -> None:
        """Take the message at a random moment between the dot and the reply."""
        await self._wait()
        await super().take(taken)
        await self._wait()

    async def _wait(self) -> None:
        dice = self.dice or random.Random()
        await asyncio.sleep(dice.uniform(0, self.slowest))


def _message_id(data: bytes) -> str:
    head = data.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
    [line] = [line for line in head.split("\r\n") if line.lower().startswith("message-id:")]
    return line.partition(":")[2].strip()
