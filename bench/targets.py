"""The targets, and where each figure comes from."""

from dataclasses import dataclass, field
from statistics import median

from bench.measurement import Measurement
from bench.report import Target, ratio, spread

SOURCE, OURS, SIGNED = "smtp-source", "digest, unsigned", "digest, RSA-2048"
MANY = "digest, PostgreSQL, two workers"
NODEMAILER, AIOSMTPLIB, SMTPLIB = "nodemailer pool", "aiosmtplib", "smtplib, 2 threads"
FIRST, LAST = "first", "last"
MILLION = 1_000_000


@dataclass
class Figures:
    """Everything that was measured.

    `stages` are keyed import, freeze, freeze on PostgreSQL, compile, report, metrics and
    export. `scale` has pairs of the same work for a small audience and a large one, at its
    first messages and its last.
    """

    rounds: dict[str, list[Measurement]] = field(default_factory=dict)
    stages: dict[str, Measurement] = field(default_factory=dict)
    scale: dict[str, list[tuple[Measurement, Measurement]]] = field(
        default_factory=lambda: {FIRST: [], LAST: []}
    )
    missing: list[str] = field(default_factory=list)

    def ratio(self, name: str, other: str) -> float | None:
        """Median ratio of the rates over the rounds; None if one was not measured."""
        if name not in self.rounds or other not in self.rounds:
            return None
        return ratio(self.rounds[name], self.rounds[other]).median

    def cpu(self, name: str) -> float | None:
        """CPU seconds per 1,000 messages, median."""
        measured = self.rounds.get(name)
        return spread([one.cpu_per_thousand for one in measured]).median if measured else None

    def growth(self, end: str) -> float | None:
        """CPU per message with many readers divided by that with few, median of the turns."""
        pairs = self.scale[end]
        if not pairs:
            return None
        return median(large.cpu_per_thousand / small.cpu_per_thousand for small, large in pairs)

    @property
    def peak_among_many(self) -> float | None:
        """The most memory that a sender held with the large audience, in MB."""
        peaks = [large.peak_mb or 0 for pairs in self.scale.values() for _, large in pairs]
        return max(peaks, default=None)


def targets(figures: Figures) -> list[Target]:
    """Every target, with its measured figure if there is one."""
    return [*_sending(figures), *_scale(figures)]


def _sending(found: Figures) -> list[Target]:
    in_turns = "whole dispatch from SQLite, 10 connections"
    return [
        Target(f"unsigned : {SOURCE}", 0.9, True, found.ratio(OURS, SOURCE), note=in_turns),
        Target(f"unsigned : {NODEMAILER}", 2.2, True, found.ratio(OURS, NODEMAILER)),
        Target(f"unsigned : {AIOSMTPLIB}", 3, True, found.ratio(OURS, AIOSMTPLIB)),
        Target("unsigned, CPU per 1,000", 0.12, False, found.cpu(OURS), " s"),
        Target(f"RSA-2048 : {SOURCE}", 0.5, True, found.ratio(SIGNED, SOURCE)),
        Target("RSA-2048, CPU per 1,000", 0.40, False, found.cpu(SIGNED), " s"),
        Target(f"PostgreSQL, two workers : {SOURCE}", 0.8, True, found.ratio(MANY, SOURCE)),
    ]


def _scale(found: Figures) -> list[Target]:
    readers = found.stages["import"].work if "import" in found.stages else 0
    estimated = readers != MILLION
    compiled = found.stages.get("compile")
    return [
        Target(
            f"memory of the sender, {MILLION:,} readers",
            *(150, False, found.peak_among_many, " MB", _among(readers)),
            estimated=estimated,
        ),
        *(
            Target(
                f"CPU per message, {MILLION:,} : 10,000 readers, the {end} ones",
                *(1.2, False, found.growth(end), "", _among(readers)),
                estimated=estimated,
            )
            for end in (FIRST, LAST)
        ),
        _timed(found, "freeze", f"freeze {MILLION:,}, SQLite", 20),
        _timed(found, "freeze on PostgreSQL", f"freeze {MILLION:,}, PostgreSQL", 30),
        _timed(found, "import", f"import {MILLION:,} from CSV", 40),
        Target(
            "compile 8 cards, all variants",
            50,
            False,
            compiled.seconds / compiled.work * 1000 if compiled else None,
            " ms",
        ),
    ]


def _among(readers: int) -> str:
    return f"of {readers:,} readers" if readers else ""


def _timed(found: Figures, stage: str, what: str, limit: float) -> Target:
    """A target in seconds; a smaller run is scaled up and marked as estimated."""
    measured = found.stages.get(stage)
    if measured is None:
        return Target(what, limit, False, None, " s")
    scaled = measured.seconds * MILLION / measured.work
    note = (
        "" if measured.work == MILLION else f"from {measured.seconds:.2f} s for {measured.work:,}"
    )
    return Target(what, limit, False, scaled, " s", note, estimated=measured.work != MILLION)
