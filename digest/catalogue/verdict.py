"""A panel's verdict, by its ship percentage."""

from enum import StrEnum


class Verdict(StrEnum):
    """SHIP above 50 %, SPLIT at 50, SKIP below, NO TAKE without reviews."""

    SHIP = "ship"
    SPLIT = "split"
    SKIP = "skip"
    NO_TAKE = "no_take"

    @property
    def label(self) -> str:
        """The badge's word: 'SHIP', 'NO TAKE'."""
        return self.value.replace("_", " ").upper()


def verdict_of(percent: int | float | None) -> Verdict:
    """The verdict for a panel ship percentage (0 to 100), or None for no panel."""
    if percent is None:
        return Verdict.NO_TAKE
    if percent == 50:
        return Verdict.SPLIT
    return Verdict.SHIP if percent > 50 else Verdict.SKIP
