"""Slugs, short names, and what counts as no value."""

import re
import unicodedata

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
        ("Claude's", "claude-s"),
        ("Claude’s", "claudes"),
        ("Größe – Ærø", "grosse-aero"),
    ],
)
def test_a_slug_consists_of_small_letters_digits_and_hyphens(name: str, slug: str) -> None:
    assert slugify(name) == slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        pytest.param("דיגסט", "dygst", id="Hebrew"),
        pytest.param("Яндекс Код", "yandeks-kod", id="Cyrillic"),
        pytest.param("通义千问 2", "tongyiqianwen-2", id="Chinese"),
        pytest.param("مرحبا", "mrhb", id="Arabic"),
        pytest.param("コパイロット", "kopairotto", id="Japanese"),
        pytest.param("클로바", "keulloba", id="Korean"),
        pytest.param(unicodedata.normalize("NFD", "클로바"), "keulloba", id="Korean in parts"),
        pytest.param("🚀🤖", "rocket-robot", id="emoji only"),
        pytest.param("🦜 Parrot", "parrot", id="emoji beside a word"),
        pytest.param("हिन्दी", "hindi", id="Devanagari"),
        pytest.param("Z\u0351\u036ba\u0335lgo", "zalgo", id="stacked accents"),
        pytest.param("你好 AI", "nihao-ai", id="mixed"),
        pytest.param("★ — …", "tool", id="symbols only"),
    ],
)
def test_a_name_in_another_script_gets_a_readable_slug(name: str, slug: str) -> None:
    assert slugify(name) == slug


def test_the_longest_names_make_a_comparison_slug_that_can_be_imported_again() -> None:
    slug = slugify("千" * 200)
    wanted = f"{slug}-vs-{slug}"
    slugs = {wanted, *(f"{wanted}-{number}" for number in range(2, 2_000))}
    assert len(free_slug(wanted, slugs)) <= 200


@given(st.text())
def test_every_name_has_a_slug(name: str) -> None:
    assert re.fullmatch(SLUG.pattern, slugify(name))


def test_a_taken_slug_gets_a_number() -> None:
    assert free_slug("c", {"c", "c-2"}) == "c-3"


@pytest.mark.parametrize("text", ["", "  ", "—", " — ", "No community votes yet", None])
def test_dashes_blanks_and_placeholders_are_none(text: str | None) -> None:
    assert value_or_none(text) is None


def test_zero_is_a_value() -> None:
    assert value_or_none("0") == "0"


def test_folding_leaves_single_spaces() -> None:
    assert fold(" a\n\n b\tc\u00a0d ") == "a b c d"


def test_the_short_name_ends_before_a_colon() -> None:
    assert short_name_of("Tide: Runs & Replays") == "Tide"
    assert short_name_of(": odd") == ": odd"
