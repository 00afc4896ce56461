"""Every sample is rendered as somebody reviewed it, to the byte."""

import pytest

from previews import goldens, samples
from tests.goldens import rendered


def test_there_is_a_golden_for_every_sample_and_for_nothing_else() -> None:
    assert goldens.names() == sorted(samples.names())


@pytest.mark.parametrize("name", samples.names())
def test_a_sample_renders_as_it_was_reviewed(name: str) -> None:
    """If this is meant: `make goldens`, look at the workbench or the diff, and commit."""
    now, reviewed = rendered(name), goldens.read(name)
    assert now.text == reviewed.text
    assert now.html == reviewed.html
