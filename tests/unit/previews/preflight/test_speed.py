"""Preflight is quick enough to run before every approval."""

import time

from digest.rendering.content.issue_content import IssueContent
from previews.preflight.checks import run
from previews.preflight.rendered_message import RenderedMessage
from tests.unit.previews.preflight.seeding import READER, compiled, facts_of, sample


def test_eight_cards_in_twelve_variants_take_less_than_two_seconds() -> None:
    data = dict(sample())
    data["cards"] = [*data["cards"], *data["cards"]][:8]
    content = IssueContent.model_validate(data)
    raw = compiled(content).fill(READER)
    letters = [RenderedMessage(f"v{number}", raw=raw) for number in range(12)]
    began = time.process_time()
    run(letters, facts_of(content))
    assert time.process_time() - began < 2
