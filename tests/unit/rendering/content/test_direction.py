import pytest

from digest.rendering.content.direction import is_rtl, isolated
from digest.rendering.content.headings import unbroken

ARABIC = "لوح Pro (تجريبي)"
HEBREW = "מצפן"


@pytest.mark.parametrize(
    ("text", "rtl"),
    [(HEBREW, True), (ARABIC, True), ("3 " + HEBREW, True), ("Pro לוח", False), ("3–1", False)],
)
def test_the_first_letter_decides(text: str, rtl: bool) -> None:
    assert is_rtl(text) is rtl


def test_only_what_runs_from_right_to_left_is_isolated() -> None:
    assert isolated(HEBREW) == f'<span dir="rtl">{HEBREW}</span>'
    assert isolated("Compass Rose") == "Compass Rose"
    assert isolated(None) == ""


def test_what_is_printed_is_text() -> None:
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


def test_a_heading_stays_unbroken() -> None:
    assert isolated(unbroken(f"{HEBREW} ships 3–1"), [HEBREW]).startswith(
        f'<span dir="rtl">{HEBREW}</span> ships'
    )
    assert isolated(unbroken(f"No take yet on {HEBREW} 2"), [f"{HEBREW} 2"]).endswith(
        f'<span dir="rtl">{HEBREW}\u00a02</span>'
    )
