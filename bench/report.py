"""Medians and ratios of the rounds, and their tables in Markdown. No clock and no files."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.measurement import Measurement


@dataclass(frozen=True)
class Spread:
    """Median, least and most of one figure over the rounds."""

    median: float
    least: float
    most: float

    def text(self, digits: int = 2) -> str:
        """`0.16 (0.14-0.19)`."""
        return f"{self.median:,.{digits}f} ({self.least:,.{digits}f}-{self.most:,.{digits}f})"


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one value."""
    return Spread(median(values), min(values), max(values))


def ratio(ours: Sequence[Measurement], theirs: Sequence[Measurement]) -> Spread:
    """Our rate divided by theirs, round by round. Raises `ValueError` if the rounds differ."""
    return spread([a.rate / b.rate for a, b in zip(ours, theirs, strict=True)])


@dataclass(frozen=True)
class Target:
    """A line of the table. `measured` is None if it could not be; `note` says why or how.

    `estimated`: scaled up from a smaller run than the target is about.
    """

    what: str
    limit: float
    at_least: bool
    measured: float | None
    unit: str = ""
    note: str = ""
    estimated: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None if not measured."""
        if self.measured is None:
            return None
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def row(self) -> str:
        """The Markdown row."""
        sign = "≥" if self.at_least else "≤"
        measured = (
            "not measured" if self.measured is None else f"{_short(self.measured)}{self.unit}"
        )
        verdict = {True: "yes", False: "**no**", None: "-"}[self.met]
        if self.estimated and self.met is not None:
            verdict += ", estimated"
        target = f"{sign} {_short(self.limit)}{self.unit}"
        return f"| {self.what} | {target} | {measured} | {verdict} | {self.note} |"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def target_table(targets: Sequence[Target]) -> str:
    """The table of targets: limit, measured value, met or not."""
    head = "| what | target | measured | met | how |\n|---|---|---|---|---|"
    return "\n".join([head, *(target.row() for target in targets)])


def sender_table(rounds: dict[str, list[Measurement]], reference: str) -> str:
    """One row for each sender: rate, ratio to the reference round by round, CPU, memory."""
    head = (
        f"| sender | messages/s, median (least-most) | ratio to {reference} | "
        "CPU-s per 1,000 | peak MB |\n|---|---|---|---|---|"
    )
    rows = [head]
    for name, measured in rounds.items():
        rate = spread([one.rate for one in measured]).text(0)
        cpu = spread([one.cpu_per_thousand for one in measured]).median
        peaks = [one.peak_mb for one in measured if one.peak_mb is not None]
        peak = f"{max(peaks):.0f}" if peaks else "-"
        compared = ratio(measured, rounds[reference]).text()
        rows.append(f"| {name} | {rate} | {compared} | {cpu:.3f} | {peak} |")
    return "\n".join(rows)


def stage_table(stages: dict[str, Measurement]) -> str:
    """One row for each stage: pieces, seconds, CPU, memory."""
    head = "| stage | pieces | seconds | CPU-s | peak MB |\n|---|---|---|---|---|"
    rows = [
        f"| {name} | {measured.work:,} | {measured.seconds:.2f} | {measured.cpu:.2f} | "
        f"{'-' if measured.peak_mb is None else format(measured.peak_mb, '.0f')} |"
        for name, measured in stages.items()
    ]
    return "\n".join([head, *rows])
