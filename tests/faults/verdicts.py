"""The verdict on a run: the copies at the sink compared with what the ledger says."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from digest.delivery.ledger.accounting import Accounting


class Breach(StrEnum):
    """The ways to break the promise."""

    LOST = "lost"
    DOUBLED = "doubled"
    TOO_MANY_UNKNOWN = "too many unknown"
    MESSAGE_ID = "message-id"
    EQUATION = "equation"
    ENDED_BADLY = "ended badly"
    DAMAGED = "damaged"
    WITHOUT_LEAVE = "sent without permission"
    NOT_STRUCK = "the fault never struck"


@dataclass(frozen=True)
class Row:
    """What the ledger says about one reader."""

    state: str
    unknowns: int = 0
    owner: str | None = None


@dataclass
class Observed:
    """One run: what was done to it, what the sink counted, what the ledger says.

    `struck` counts how often the fault took effect; `most_armed` is the most deliveries
    that any one death left armed; `equation` is None for a wrong design, which has no
    ledger. `seen` are breaches that were found while it ran, and `how` says how the fault
    was made, where there are several ways.
    """

    copies: Counter[str]
    message_ids: dict[str, set[str]]
    rows: dict[str, Row]
    struck: int
    connections: int
    most_copies: int = 2
    most_armed: int = 0
    kills: int = 0
    equation: Accounting | None = None
    exit_codes: list[int] = field(default_factory=list)
    seen: "Breaches" = field(default_factory=dict)
    how: str = ""

    @property
    def lost(self) -> list[str]:
        """Readers without a copy who are not listed as doubtful."""
        return [one for one, row in self.rows.items() if not self.copies[one] and not held(row)]

    @property
    def doubled(self) -> list[str]:
        """Readers with more than one copy."""
        return [reader for reader, copies in self.copies.items() if copies > 1]

    @property
    def ever_unknown(self) -> int:
        """Readers whose outcome was unknown at some time."""
        return sum(row.unknowns > 0 for row in self.rows.values())

    @property
    def held(self) -> int:
        """Readers whose delivery is held, since a further try could give them a third copy."""
        return sum(held(row) for row in self.rows.values())


Breaches = dict[Breach, str]


def held(row: Row) -> bool:
    """Whether the ledger lists the reader as doubtful."""
    return row.state == "held" and row.unknowns > 0


def promise(run: Observed) -> Breaches:
    """The breaches of the promise in a run; empty if it was kept."""
    found: Breaches = {}
    if run.lost:
        found[Breach.LOST] = f"{len(run.lost)} readers have no copy: {_some(run.lost)}"
    unlisted = [one for one in run.doubled if not _listed(run, one)]
    if unlisted:
        found[Breach.DOUBLED] = f"{len(unlisted)} with a copy too many: {_some(unlisted)}"
    if run.ever_unknown > run.kills * run.connections or run.most_armed > run.connections:
        found[Breach.TOO_MANY_UNKNOWN] = (
            f"{run.ever_unknown} ever unknown, {run.most_armed} at once, after {run.kills} kills "
            f"of {run.connections} connections"
        )
    strangers = [one for one, ids in run.message_ids.items() if len(ids) != 1]
    if strangers:
        found[Breach.MESSAGE_ID] = f"copies differ in their Message-ID: {_some(strangers)}"
    return {**found, **_books(run), **run.seen}


def nothing_unknown(run: Observed) -> Breaches:
    """The stricter promise where no sender dies: nothing is unknown, so there is no second copy."""
    found = promise(run)
    if run.ever_unknown:
        found[Breach.TOO_MANY_UNKNOWN] = f"{run.ever_unknown} ever unknown"
    if run.doubled:
        found[Breach.DOUBLED] = f"{len(run.doubled)} doubled: {_some(run.doubled)}"
    return found


def _books(run: Observed) -> Breaches:
    found: Breaches = {}
    counts = run.equation
    if counts and (
        not counts.balances
        or counts.open
        or counts.recipients != len(run.rows)
        or counts.accepted + counts.held != counts.recipients
        or counts.ever_unknown != run.ever_unknown
    ):
        found[Breach.EQUATION] = counts.equation()
    bad = [code for code in run.exit_codes if code != 0]
    if bad:
        found[Breach.ENDED_BADLY] = f"exit statuses {sorted(set(bad))}"
    if not run.struck:
        found[Breach.NOT_STRUCK] = "the run proves nothing; give it more readers"
    return found


def _listed(run: Observed, reader: str) -> bool:
    row = run.rows.get(reader)
    return row is not None and row.unknowns > 0 and run.copies[reader] <= run.most_copies


def _some(readers: list[str]) -> str:
    return ", ".join(readers[:3]) + (" …" if len(readers) > 3 else "")
