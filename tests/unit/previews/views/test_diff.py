from previews.views.diff import diff_lines


def test_the_same_text_has_no_differences() -> None:
    assert diff_lines("a\nb", "a\nb") == []


def test_a_changed_line_is_shown_with_its_neighbours() -> None:
    shown = [(line.kind, line.text) for line in diff_lines("a\nb\nc", "a\nx\nc")]
    assert shown == [
        ("gap", "line 1"),
        ("same", "a"),
        ("gone", "b"),
        ("new", "x"),
        ("same", "c"),
    ]
