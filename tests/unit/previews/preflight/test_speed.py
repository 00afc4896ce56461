"""Preflight is quick enough to run before every approval."""

import time
from collections.abc import Callable

from digest.rendering.content.issue_content import IssueContent
from previews.preflight.checks import run
from previews.preflight.rendered_message import RenderedMessage
from tests.unit.previews.preflight.seeding import READER, compiled, facts_of, sample

# Measured: 1.45 s of CPU for eight cards in twelve variants, where this many additions took
# 0.34 s. The limit grows with the machine's slowness, so that only slow code fails.
ADDITIONS = 5_000_000
MOST_TIMES_AS_LONG = 10


def cpu_seconds(work: Callable[[], object]) -> float:
    """The CPU time of this process; the smaller of two runs, since the first one warms caches."""
    taken = []
    for _ in range(2):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def add() -> None:
    total = 0
    for number in range(ADDITIONS):
        total += number


def test_eight_cards_in_twelve_variants_are_checked_within_a_few_seconds() -> None:
    data = dict(sample())
    data["cards"] = [*data["cards"], *data["cards"]][:8]
    content = IssueContent.model_validate(data)
    raw = compiled(content).fill(READER)
    messages = [RenderedMessage(f"v{number}", raw=raw) for number in range(12)]
    facts = facts_of(content)
    assert cpu_seconds(lambda: run(messages, facts)) < MOST_TIMES_AS_LONG * cpu_seconds(add)
