import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.rendering.content.excerpt import LIMIT, excerpt


def test_a_short_text_stays_whole_on_one_line() -> None:
    assert excerpt("It works.\n  I checked  it.") == "It works. I checked it."


def test_a_long_text_ends_with_its_last_whole_sentence() -> None:
    assert excerpt("One is short. Two is short too. " + "Word " * 60) == (
        "One is short. Two is short too."
    )


@pytest.mark.parametrize(
    "text",
    [
        "Version 2.0 is faster than e.g. 1.9 " + "and " * 60,
        "The U.S. team of Dr. Who vs. the rest " + "and " * 60,
        "It reads config.yaml and then " + "and " * 60,
        "He said it. and went on without a capital " + "and " * 60,
    ],
)
def test_a_dot_within_a_sentence_does_not_end_it(text: str) -> None:
    assert excerpt(text).endswith("and…")


def test_a_closing_quote_belongs_to_its_sentence() -> None:
    assert excerpt("She said “ship it.” Then she left us " + "and " * 60) == "She said “ship it.”"


def test_a_sentence_that_ends_exactly_at_the_limit_is_kept() -> None:
    text = "x" * (LIMIT - 1) + "."
    assert excerpt(text + " More.") == text


def test_chinese_sentences_end_without_a_space() -> None:
    assert excerpt("很好。" + "字" * 300) == "很好。"


def test_a_long_word_is_not_cut_within_a_grapheme() -> None:
    family = "👩\u200d👩\u200d👧"
    cut = excerpt(family * 100)
    assert cut.endswith(family + "…")
    flags = excerpt("🇩🇪" * 150)
    assert len(flags[:-1]) % 2 == 0
    assert (
        not unicodedata.combining(excerpt("e\u0301" * 150)[-2])
        or excerpt("e\u0301" * 150)[-3] == "e"
    )


@given(st.text(max_size=600), st.integers(min_value=20, max_value=250))
def test_never_longer_than_the_limit_and_always_a_beginning(text: str, limit: int) -> None:
    cut = excerpt(text, limit)
    assert len(cut) <= limit
    assert " ".join(text.split()).startswith(cut.removesuffix("…").rstrip())
