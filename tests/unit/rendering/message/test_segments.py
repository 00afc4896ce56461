import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.rendering.errors import MessageError
from digest.rendering.message.segments import (
    cut,
    encode,
    encode_literal,
    encode_value,
    fill,
    join,
    slots_of,
)

LINES = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\r"), max_size=300
)
VALUES = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\n\0"), max_size=400
)


def decode(encoded: bytes) -> str:
    return quopri.decodestring(encoded).decode().replace("\r\n", "\n")


def assert_wire_ready(encoded: bytes) -> None:
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
        assert b"  " not in line
        assert b"\t" not in line
        assert all(0x20 <= byte < 0x7F for byte in line)


def test_a_text_is_cut_at_its_tokens_and_joined_again() -> None:
    parts = cut("Hi @a@, bye @u@", {"address": "@a@", "unsubscribe_url": "@u@"})
    assert parts == ("Hi ", "address", ", bye ", "unsubscribe_url", "")
    assert slots_of(parts) == {"address", "unsubscribe_url"}
    assert join(parts, {"address": "x", "unsubscribe_url": "y"}) == "Hi x, bye y"


@given(LINES)
def test_any_text_survives_encoding_on_lines_fit_for_signing(text: str) -> None:
    encoded = encode_literal(text)
    assert decode(encoded) == text
    assert_wire_ready(encoded)


@given(LINES, VALUES, LINES)
def test_a_slot_keeps_to_its_own_lines_whatever_its_value(
    before: str, value: str, after: str
) -> None:
    skeleton = encode((before, "address", after))
    filled = fill(skeleton, {"address": encode_value(value, in_html=False)})
    assert decode(filled) == before + value + after
    assert_wire_ready(filled)


def test_leading_dots_and_from_lines_are_encoded() -> None:
    assert encode_literal(".a\n..\nFrom me") == b"=2Ea\r\n=2E.\r\n=46rom me"
    assert encode_literal("x" * 75 + "." * 80).count(b"\r\n=2E") == 2


def test_a_value_is_escaped_in_html_only() -> None:
    assert encode_value("a&b", in_html=True) == b"a&amp;b=\r\n"
    assert encode_value("a&b", in_html=False) == b"a&b=\r\n"


@pytest.mark.parametrize("value", ["a\r\nBcc: b", "a\nb", "a\0b"])
def test_a_line_break_in_a_value_is_refused(value: str) -> None:
    with pytest.raises(MessageError):
        encode_value(value, in_html=False)
