"""A panel's result: its percentage and counts, and how one follows from the other.

`ship` and `skip` are None where unknown; unknown is not skip.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from digest.catalogue.verdict import Verdict, verdict_of


@dataclass(frozen=True)
class Panel:
    """The ship percentage (0 to 100) and the counts behind it, each None where unknown."""

    percent: int | None = None
    ship: int | None = None
    skip: int | None = None

    def __str__(self) -> str:
        percent = "no panel" if self.percent is None else f"{self.percent}% ship"
        counts = "" if self.takes is None else f" ({self.ship} ship / {self.skip} skip)"
        return percent + counts

    @property
    def takes(self) -> int | None:
        """The number of reviewers who voted ship or skip, if known."""
        if self.ship is None or self.skip is None:
            return None
        return self.ship + self.skip

    @property
    def verdict(self) -> Verdict:
        """By the counts if they are known, otherwise by the percentage."""
        if self.takes is None:
            return verdict_of(self.percent)
        return verdict_of(float(_ratio(self)) if self.takes else None)

    def with_takes(self, takes: int) -> "Panel":
        """The panel with counts from percentage and number of takes, if these are whole numbers."""
        if self.percent is None or not takes:
            return self
        ship = Fraction(self.percent * takes, 100)
        if ship.denominator != 1:
            return self
        return Panel(self.percent, int(ship), takes - int(ship))

    def revised(self, new: "Panel", *, counts_stated: bool) -> "Panel":
        """This panel updated by the one of a page; `counts_stated`: the page gives its counts.

        A page without a panel changes nothing. Derived counts replace known ones only if
        they come from more takes.
        """
        if new == Panel():
            return self
        if counts_stated or new.percent != self.percent:
            return new
        return new if (new.takes or 0) > (self.takes or 0) else self


def panel_from_counts(ship: int, skip: int, percent: int | None = None) -> Panel:
    """A panel from its counts. `percent` is kept if it is a rounding of them, else corrected."""
    panel = Panel(percent, ship, skip)
    if not ship + skip:
        return Panel(None, ship, skip)
    exact = _ratio(panel)
    if percent is not None and abs(percent - exact) < 1:
        return panel
    return Panel(round(exact), ship, skip)


def panel_from_verdicts(verdicts: Sequence[str | None]) -> Panel:
    """The panel that follows from the reviews' verdicts, if there are any and all are known."""
    if not verdicts or None in verdicts:
        return Panel()
    ship = sum(verdict == "ship" for verdict in verdicts)
    return panel_from_counts(ship, len(verdicts) - ship)


def reconcile_panel(
    percent: int | None,
    counts: tuple[int, int] | None,
    badges: Sequence[str],
    verdicts: Sequence[str | None],
) -> tuple[Panel, list[str]]:
    """One panel from all that a page says about it, with a warning for each contradiction.

    `badges` are verdict words as shown, `verdicts` those of the page's takes. Counts win.
    """
    tally, warnings = panel_from_verdicts(verdicts), []
    if counts:
        panel = panel_from_counts(*counts, percent)
    elif percent is None:
        panel = tally
    else:
        panel = Panel(percent).with_takes(len(verdicts))
    if percent is not None and percent != panel.percent:
        warnings.append(f"the page says {percent}%, but {_in_words(panel)}: the counts win")
    for badge in badges:
        if badge.lower() != panel.verdict.label.lower():
            warnings.append(
                f"the badge says {badge}, but {_in_words(panel)}: {panel.verdict.label}"
            )
    if (tally.ship or 0) > (panel.ship or 0) or (tally.skip or 0) > (panel.skip or 0):
        warnings.append(
            f"the scorecard shows {_in_words(tally)}, but the page {_in_words(panel)}: kept"
        )
    return panel, warnings


def _in_words(panel: Panel) -> str:
    if panel.takes is not None:
        return f"{panel.ship} ship / {panel.skip} skip"
    return "no panel" if panel.percent is None else f"{panel.percent}% ship"


def _ratio(panel: Panel) -> Fraction:
    assert panel.ship is not None
    assert panel.takes
    return Fraction(100 * panel.ship, panel.takes)
