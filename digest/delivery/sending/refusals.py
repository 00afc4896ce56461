"""Notices when refusals mean that the relay or the message is the problem, not the readers.

Pure: it counts outcomes and says what they mean; `OutcomeHandler` acts on it.
"""

from dataclasses import dataclass, field
from enum import Enum

from digest.delivery.ledger.claims import Claim
from digest.delivery.outcomes import Outcome
from digest.delivery.replies import ABOUT_RELAY, NOT_THE_READERS, ReplyKind
from digest.delivery.replies.wording import fingerprint
from digest.delivery.states import DeliveryState

ALIKE_IN_A_ROW = 25


class Suspicion(Enum):
    """What is at fault: the relay, or what this mailing carries or whom it is sent to."""

    NONE = "none"
    RELAY = "relay"
    MAILING = "mailing"


@dataclass(frozen=True)
class Tolerance:
    """How many refusals are too many, and by how many an acceptance makes them fewer.

    So with `forgiven` = 0.1 no more than about one refusal in eleven tries is tolerated.
    """

    limit: int
    forgiven: float


# The relay says that it is about itself, so little is needed; and nobody is lost by waiting.
OF_RELAY = Tolerance(limit=3, forgiven=0.5)
OF_MESSAGE = Tolerance(limit=3, forgiven=0.1)
NOT_UNDERSTOOD = Tolerance(limit=5, forgiven=0.1)
TOLERATED = {ReplyKind.CONTENT: OF_MESSAGE, ReplyKind.UNKNOWN: NOT_UNDERSTOOD}


@dataclass
class Score:
    """How suspicious refusals of one kind are, and the deliveries that were counted.

    Each counts once: one reader whose server refuses again and again proves nothing.
    """

    tolerance: Tolerance
    score: float = 0.0
    deliveries: set[int] = field(default_factory=set)


@dataclass
class Run:
    """Replies about readers that are all alike, since the last acceptance of their mailing."""

    says: tuple[int, str]
    deliveries: list[int] = field(default_factory=list)


class RefusalWatch:
    """Counts refusals for each relay, and replies about readers for each mailing.

    `alike_in_a_row`: so many readers of one mailing who all got the same refusal, with no
    acceptance in between, were not refused for a reason of their own.
    """

    def __init__(self, alike_in_a_row: int = ALIKE_IN_A_ROW) -> None:
        self._alike_in_a_row = alike_in_a_row
        self._scores: dict[str, dict[str, Score]] = {}
        self._works: set[str] = set()
        self._runs: dict[int, Run] = {}
        self._asked: set[int] = set()

    def note(self, claim: Claim, relay: str, outcome: Outcome, *, alone: bool = False) -> Suspicion:
        """Count an outcome of a try by a relay. `alone`: no other message could be compared."""
        if outcome.state is DeliveryState.ACCEPTED:
            self._accepted(claim, relay)
            return Suspicion.NONE
        reply, kind = outcome.reply, outcome.kind
        if reply is None or reply.code < 500 or kind is None:
            return Suspicion.NONE
        says = fingerprint(reply.text)
        if kind not in NOT_THE_READERS:
            return self._note_reader(claim, (reply.code, reply.enhanced or says))
        # Reasons about the relay count together: one that is at a loss gives several.
        what = "relay" if kind in ABOUT_RELAY else f"{claim.mailing_id} {reply.code} {says}"
        reached = self._count(relay, what, TOLERATED.get(kind, OF_RELAY), claim.delivery_id)
        nothing_else = alone and relay not in self._works and kind is not ReplyKind.UNKNOWN
        return Suspicion.RELAY if reached or nothing_else else Suspicion.NONE

    def run_of(self, mailing_id: int) -> list[int]:
        """Take out the deliveries whose replies were too many and too alike."""
        run = self._runs.pop(mailing_id, None)
        self._asked.add(mailing_id)
        return run.deliveries if run else []

    def was_asked(self, mailing_id: int) -> bool:
        """Whether a run of replies about readers has paused this mailing before."""
        return mailing_id in self._asked

    def is_out(self, relay: str) -> None:
        """The relay was put out: when it is tried again it has to prove itself."""
        self._works.discard(relay)

    def _accepted(self, claim: Claim, relay: str) -> None:
        self._works.add(relay)
        if self._runs:
            self._runs.pop(claim.mailing_id, None)
        scores = self._scores.get(relay)
        if not scores:  # the hot path
            return
        for it in scores.values():
            it.score -= it.tolerance.forgiven
        self._scores[relay] = {says: it for says, it in scores.items() if it.score > 0}

    def _count(self, relay: str, says: str, tolerance: Tolerance, delivery_id: int) -> bool:
        it = self._scores.setdefault(relay, {}).setdefault(says, Score(tolerance))
        if delivery_id in it.deliveries:
            return False
        it.deliveries.add(delivery_id)
        reached = it.score + 1 >= tolerance.limit
        # Never beyond the limit: one more then suffices, but ten acceptances make up for it.
        it.score = min(it.score + 1, tolerance.limit)
        return reached

    def _note_reader(self, claim: Claim, says: tuple[int, str]) -> Suspicion:
        """A refusal that is about the reader, by itself."""
        run = self._runs.get(claim.mailing_id)
        if run is None or run.says != says:
            run = self._runs[claim.mailing_id] = Run(says)
        run.deliveries.append(claim.delivery_id)
        # Once for each mailing: an editor who resumes it has decided that the replies are right.
        due = len(run.deliveries) >= self._alike_in_a_row and claim.mailing_id not in self._asked
        return Suspicion.MAILING if due else Suspicion.NONE
