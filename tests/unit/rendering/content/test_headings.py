from digest.rendering.content.headings import unbroken

NB = "\u00a0"


def test_a_count_stays_whole_for_clients_with_and_without_css() -> None:
    assert '<nobr><span style="white-space:nowrap">31–19</span></nobr>' in unbroken("A ships 31–19")
    assert "<nobr>" not in unbroken("A–B is no count")


def test_a_short_last_word_is_not_left_alone() -> None:
    assert unbroken("Plumbline 4 flips to split, Murmur skipped").endswith(f"Murmur{NB}skipped")
    assert unbroken("Conglomerated Observability splits").endswith("Observability splits")
    assert unbroken("Murmur") == "Murmur"
    assert unbroken("") == ""


def test_what_an_editor_writes_is_text() -> None:
    assert unbroken("<b> & 1–0") == f"&lt;b&gt; &amp;{NB}" + (
        '<nobr><span style="white-space:nowrap">1–0</span></nobr>'
    )
