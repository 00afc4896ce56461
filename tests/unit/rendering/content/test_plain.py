from digest.rendering.content.plain import underlined, wrapped


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
