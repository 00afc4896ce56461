"""Slugs, short names, and what counts as no value."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.catalogue.names import SLUG, fold, free_slug, short_name_of, slugify, value_or_none


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("SmolAgents 2.0", "smolagents-2-0"),
        ("Runs: Here & There", "runs-here-there"),
        ("Crème brûlée", "creme-brulee"),
        ("日本", "tool"),
    ],
)
def test_a_slug_is_made_of_small_letters_digits_and_hyphens(name: str, slug: str) -> None:
    assert slugify(name) == slug


@given(st.text())
def test_every_name_has_a_slug(name: str) -> None:
    assert re.fullmatch(SLUG.pattern, slugify(name))


def test_a_taken_slug_gets_a_number() -> None:
    assert free_slug("c", {"c", "c-2"}) == "c-3"


@pytest.mark.parametrize("text", ["", "  ", "—", " — ", "No community votes yet", None])
def test_dashes_blanks_and_no_votes_yet_are_none(text: str | None) -> None:
    assert value_or_none(text) is None


def test_nought_is_a_value() -> None:
    assert value_or_none("0") == "0"


def test_folding_leaves_single_spaces() -> None:
    assert fold(" a\n\n b\tc\u00a0d ") == "a b c d"


def test_the_short_name_ends_before_a_colon() -> None:
    assert short_name_of("Tide: Runs & Replays") == "Tide"
    assert short_name_of(": odd") == ": odd"
