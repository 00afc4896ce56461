import pytest

from digest.rendering.content.typography import is_rtl, isolated, unbroken, underlined, wrapped

ARABIC = "لوح Pro (تجريبي)"
HEBREW = "מצפן"
NB = "\u00a0"


@pytest.mark.parametrize(
    ("text", "rtl"),
    [(HEBREW, True), (ARABIC, True), ("3 " + HEBREW, True), ("Pro לוח", False), ("3–1", False)],
)
def test_the_first_letter_with_a_direction_decides(text: str, rtl: bool) -> None:
    assert is_rtl(text) is rtl


def test_only_what_runs_from_right_to_left_is_isolated() -> None:
    assert isolated(HEBREW) == f'<span dir="rtl">{HEBREW}</span>'
    assert isolated("Compass Rose") == "Compass Rose"
    assert isolated(None) == ""


def test_isolated_text_is_escaped() -> None:
    assert isolated(f"{HEBREW} <b>") == f'<span dir="rtl">{HEBREW} &lt;b&gt;</span>'
    assert isolated("<b>") == "&lt;b&gt;"
    assert isolated(f"{HEBREW}& <b>", [f"{HEBREW}&"]) == (
        f'<span dir="rtl">{HEBREW}&amp;</span> &lt;b&gt;'
    )


def test_names_are_isolated_in_a_sentence_the_longest_first() -> None:
    told = isolated(f"{ARABIC} ships, {HEBREW} 2 splits", [HEBREW, f"{HEBREW} 2", ARABIC, "ships"])
    assert told == (
        f'<span dir="rtl">{ARABIC}</span> ships, <span dir="rtl">{HEBREW} 2</span> splits'
    )


def test_isolated_names_are_found_in_an_unbroken_heading() -> None:
    assert isolated(unbroken(f"{HEBREW} ships 3–1"), [HEBREW]).startswith(
        f'<span dir="rtl">{HEBREW}</span> ships'
    )
    assert isolated(unbroken(f"No take yet on {HEBREW} 2"), [f"{HEBREW} 2"]).endswith(
        f'<span dir="rtl">{HEBREW}\u00a02</span>'
    )


def test_a_count_stays_whole_for_clients_with_and_without_css() -> None:
    assert '<nobr><span style="white-space:nowrap">31–19</span></nobr>' in unbroken("A ships 31–19")
    assert "<nobr>" not in unbroken("A–B is no count")


def test_a_short_last_word_is_not_left_alone() -> None:
    assert unbroken("Plumbline 4 flips to split, Murmur skipped").endswith(f"Murmur{NB}skipped")
    assert unbroken("Conglomerated Observability splits").endswith("Observability splits")
    assert unbroken("Murmur") == "Murmur"
    assert unbroken("") == ""


def test_a_heading_is_escaped() -> None:
    assert unbroken("<b> & 1–0") == f"&lt;b&gt; &amp;{NB}" + (
        '<nobr><span style="white-space:nowrap">1–0</span></nobr>'
    )


def test_lines_break_at_words_only() -> None:
    text = wrapped("word-with-hyphens " * 10)
    assert all(len(line) <= 72 and line.endswith("hyphens") for line in text.split("\n"))


def test_a_long_link_stays_whole() -> None:
    assert wrapped("See https://example.org/" + "x" * 80).split("\n")[1].startswith("https://")


def test_words_held_together_stay_on_one_line() -> None:
    text = wrapped("x" * 60 + " (3\u00a0ship\u00a0/\u00a01\u00a0skip)")
    assert text.split("\n")[1] == "(3 ship / 1 skip)"


def test_a_heading_is_underlined_to_its_width() -> None:
    assert underlined("Hello") == "Hello\n-----"
    assert underlined("word " * 20).split("\n")[-1] == "-" * 69
    assert underlined("") == "\n"
