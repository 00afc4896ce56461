"""Many rejections alike in a row mean that we are the problem, not the readers."""

from digest.delivery.outcomes import Outcome
from digest.delivery.states import DeliveryState

ALIKE_IN_A_ROW = 25


class Rejections:
    """Counts, per mailing, rejections with the same reply since the last acceptance."""

    def __init__(self) -> None:
        self._runs: dict[int, tuple[str, int]] = {}

    def note(self, mailing_id: int, outcome: Outcome) -> int:
        """Take note of an outcome; the length of the run once it is long enough, else 0."""
        if outcome.state is DeliveryState.ACCEPTED:
            self._runs.pop(mailing_id, None)
        if outcome.state is not DeliveryState.REJECTED:
            return 0
        # The code and the enhanced code; the text may name the reader.
        kind = " ".join((outcome.reason or "").split()[:2])
        before, count = self._runs.get(mailing_id, (kind, 0))
        count = count + 1 if before == kind else 1
        self._runs[mailing_id] = (kind, count)
        if count < ALIKE_IN_A_ROW:
            return 0
        del self._runs[mailing_id]
        return count
