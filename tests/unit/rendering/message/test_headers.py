from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.rendering.errors import MessageError
from digest.rendering.message import headers
from subscribers.mailbox import Mailbox

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=120)


def unfold(line: bytes) -> str:
    return line.decode("ascii").removesuffix("\r\n").replace("\r\n", "").partition(": ")[2]


def test_plain_text_stays_plain() -> None:
    assert headers.text_field("Subject", "Ferry splits") == b"Subject: Ferry splits\r\n"


@given(TEXT)
def test_any_subject_can_be_read_back_from_short_lines(text: str) -> None:
    line = headers.text_field("Subject", text)
    assert all(len(part) <= 78 for part in line.split(b"\r\n"))
    for word in line.split():
        if word.startswith(b"=?"):
            assert len(word) <= 75
    if b"=?" in line:
        assert str(make_header(decode_header(unfold(line)))) == text


def test_text_that_looks_like_an_encoded_word_is_encoded() -> None:
    assert b"=?utf-8?" in headers.text_field("Subject", "=?utf-8?q?x?=")


@pytest.mark.parametrize("text", ["a\r\nBcc: x@y.org", "a\nb", "a\0b", "a\x1bb", "\x7f"])
def test_control_characters_are_refused(text: str) -> None:
    with pytest.raises(MessageError):
        headers.text_field("Subject", text)


def test_names_are_quoted_where_they_must_be() -> None:
    field = headers.mailbox_field
    assert field("From", Mailbox("Weekly", "a@b.org")) == b"From: Weekly <a@b.org>\r\n"
    assert field("From", Mailbox('A, "B"', "a@b.org")) == b'From: "A, \\"B\\"" <a@b.org>\r\n'
    assert field("From", Mailbox("Wöchentlich", "a@b.org")).startswith(b"From: =?utf-8?q?W=C3")
    assert field("From", Mailbox("", "a@b.org")) == b"From: a@b.org\r\n"


@pytest.mark.parametrize("text", ["", "nobody", "A <a@b.org>\r\nBcc: c@d.org", "A <ä@b.org>"])
def test_an_unusable_sender_is_refused(text: str) -> None:
    with pytest.raises(MessageError):
        headers.sender_of(text)


SPECIAL = st.text(st.sampled_from("AZ é👍@:;,.<>()[]\\\"'=?_-"), min_size=1, max_size=60)


@given(TEXT | SPECIAL)
def test_any_name_of_a_sender_can_be_read_back(name: str) -> None:
    name = " ".join(name.split()) or "x"
    field = headers.mailbox_field("From", Mailbox(name, "news@example.org"))
    phrase, address = parseaddr(unfold(field))
    assert (str(make_header(decode_header(phrase))), address) == (name, "news@example.org")


def test_a_recipient_outside_ascii_needs_smtputf8() -> None:
    with pytest.raises(MessageError):
        headers.recipient_field("jürgen@example.org", smtputf8=False)
    assert headers.recipient_field("jürgen@example.org", smtputf8=True) == (
        "To: jürgen@example.org\r\n".encode()
    )
    assert headers.recipient_field('"a b"@example.org', smtputf8=False).startswith(b'To: "a b"@')


@pytest.mark.parametrize("address", ["a@b.org, c@d.org", "a@b.org>\r\nBcc: x", "a b@c.org", "a"])
def test_a_recipient_is_one_address(address: str) -> None:
    with pytest.raises(MessageError):
        headers.recipient_field(address, smtputf8=True)


def test_the_date_is_written_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    line = headers.date_field(datetime(2026, 12, 8, 9, 0, tzinfo=berlin))
    assert line == b"Date: Tue, 08 Dec 2026 08:00:00 +0000\r\n"
    with pytest.raises(ValueError, match="aware"):
        headers.date_field(datetime(2026, 12, 8, tzinfo=UTC).replace(tzinfo=None))


def test_a_long_uri_is_folded_and_never_encoded() -> None:
    uri = "https://digest.example.org/u/" + "t" * 90
    assert headers.uri_field("List-Unsubscribe", uri) == (
        b"List-Unsubscribe:\r\n <" + uri.encode() + b">\r\n"
    )


@pytest.mark.parametrize("uri", ["", "mailto:a@b.org", "https://a b", "https://a>,<https://b"])
def test_a_list_header_takes_one_web_address(uri: str) -> None:
    with pytest.raises(MessageError):
        headers.uri_field("List-Unsubscribe", uri)


def test_a_message_id_is_never_folded() -> None:
    line = headers.message_id_field("<" + "a" * 40 + "@a-rather-long-sending-domain.example.org>")
    assert line.count(b"\r\n") == 1
    with pytest.raises(MessageError):
        headers.message_id_field("no domain")


def test_a_list_id_is_a_name_and_a_domain() -> None:
    assert headers.list_id_field("Weekly", "weekly.example.org") == (
        b"List-Id: Weekly <weekly.example.org>\r\n"
    )
    with pytest.raises(MessageError):
        headers.list_id_field("Weekly", "weekly")
