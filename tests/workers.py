"""A ledger for tests that look at single steps: what is recorded is committed at once."""

from dataclasses import dataclass, field
from datetime import datetime

from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.claims import Claim
from digest.delivery.outcomes import Outcome
from digest.store import Store


@dataclass
class Living:
    """Knows who is alive because the test says so, and whether it holds its own lock."""

    owner: str = "me"
    alive: set[str] = field(default_factory=set)
    held: bool = True

    def holds(self) -> bool:
        return self.held

    def lost(self) -> bool:
        return not self.held

    def is_alive(self, owner: str) -> bool:
        return owner in self.alive

    def sharing(self, route: str) -> int:
        return len(self.alive)

    def serves(self, route: str) -> bool:
        return True

    def release(self) -> None:
        self.held = False


OPEN: list[Ledger] = []


def ledger_at(store: Store, owner: str = "me") -> Ledger:
    """A worker's ledger; the `store` fixture closes it in the end."""
    ledger = Ledger(store, Living(owner))
    OPEN.append(ledger)
    return ledger


async def close_ledgers() -> None:
    """End their threads, so that nothing is connected to the database any more."""
    while OPEN:
        await OPEN.pop().close()


async def record(ledger: Ledger, claim: Claim, outcome: Outcome, now: datetime) -> None:
    """Record an outcome and wait for its commit."""
    await ledger.record(claim, outcome, now)
    await ledger.flush()
