"""Every rule on the bytes that leave."""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.rendering.content.issue_content import IssueContent, Site
from digest.rendering.errors import MessageError
from digest.rendering.issue import compile_issue
from digest.rendering.message.compiled import CompiledMessage
from digest.rendering.message.reader_slots import READER_SLOTS, ReaderValues
from digest.rendering.templates.template_set import TemplateSet


@pytest.fixture(scope="module")
def message(content: IssueContent, site: Site, weekly: TemplateSet) -> CompiledMessage:
    return compile_issue(content, site, weekly)


def parse(data: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def head_of(data: bytes) -> bytes:
    return data.partition(b"\r\n\r\n")[0]


def test_each_header_occurs_exactly_once(message: CompiledMessage, reader: ReaderValues) -> None:
    parsed = parse(message.fill(reader))
    list_headers = ["List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID"]
    once = ["To", "From", "Reply-To", "Date", "Message-ID", "Subject", *list_headers]
    assert sorted(parsed.keys()) == sorted([*once, "MIME-Version", "Content-Type"])
    assert parsed["To"] == "reader@example.net"
    assert parsed["From"] == "Weekly Verdicts <digest@news.example.org>"
    assert parsed["Reply-To"] == "editor@news.example.org"
    assert parsed["Date"].datetime == reader.date
    assert parsed["Subject"] == message.subject


def test_one_click_headers_are_written_raw(message: CompiledMessage, reader: ReaderValues) -> None:
    head = head_of(message.fill(reader)).replace(b"\r\n ", b" ")
    lines = head.split(b"\r\n")
    assert f"List-Unsubscribe: <{reader.slots['one_click_url']}>".encode() in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert b"List-Id: Weekly AI Tool Verdicts <weekly.news.example.org>" in lines
    assert b"Message-ID: <c0ffee@news.example.org>" in lines


def test_a_long_token_does_not_become_an_encoded_word(
    message: CompiledMessage, reader: ReaderValues
) -> None:
    url = "https://digest.example.org/unsubscribe/" + "t" * 120
    head = head_of(message.fill(reader.with_slots(one_click_url=url)))
    assert f"<{url}>".encode() in head


def test_the_feedback_id_names_no_reader(message: CompiledMessage, reader: ReaderValues) -> None:
    other = reader.with_slots(address="else@example.com")._replace(message_id="x@news.example.org")
    first, second = (parse(message.fill(values))["Feedback-ID"] for values in (reader, other))
    assert first == second == "42:weekly:issue:newsexampleorg"


def test_text_comes_first_and_html_last_both_in_utf8(
    message: CompiledMessage, reader: ReaderValues
) -> None:
    parsed = parse(message.fill(reader))
    assert parsed.get_content_type() == "multipart/alternative"
    parts = list(parsed.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in parts} == {"utf-8"}
    assert {part["Content-Transfer-Encoding"] for part in parts} == {"quoted-printable"}
    text, page = (str(part.get_content()).replace("\r\n", "\n") for part in parts)
    assert text.rstrip("\n") == message.text(reader).rstrip("\n")
    assert page.rstrip("\n") == message.html(reader).rstrip("\n")


def assert_wire_rules(data: bytes) -> None:
    assert data.endswith(b"\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    head, _, body = data.partition(b"\r\n\r\n")
    assert all(len(line) <= 78 for line in head.split(b"\r\n"))
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith(b".")
        assert not line.endswith((b" ", b"\t"))
        assert not re.search(rb"[ \t]{2}", line)


def test_the_lines_are_fit_for_the_wire(message: CompiledMessage, reader: ReaderValues) -> None:
    assert_wire_rules(message.fill(reader))


@settings(deadline=None)  # the first example also encodes the message's skeleton
@given(
    st.from_regex(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,60}@[a-z0-9.-]{1,60}", fullmatch=True),
    st.from_regex(r"https://[a-z.]{1,20}/[A-Za-z0-9._=&?-]{1,150}", fullmatch=True),
)
def test_the_lines_stay_short_for_any_reader(
    message: CompiledMessage, address: str, url: str
) -> None:
    reader = ReaderValues(
        message_id="x@news.example.org",
        date=datetime(2026, 12, 8, tzinfo=UTC),
        slots={
            "address": address,
            "unsubscribe_url": url,
            "preferences_url": url + "&p",
            "one_click_url": "https://digest.example.org/u/1",
        },
    )
    data = message.fill(reader)
    assert_wire_rules(data)
    html_part = list(parse(data).iter_parts())[1]
    assert url.replace("&", "&amp;") in str(html_part.get_content())


def test_relaxed_canonicalization_changes_nothing(
    message: CompiledMessage, reader: ReaderValues
) -> None:
    """RFC 6376 section 3.4.4 on the body."""
    body = message.fill(reader).partition(b"\r\n\r\n")[2]
    relaxed = b"\r\n".join(re.sub(rb"[ \t]+", b" ", line).rstrip() for line in body.split(b"\r\n"))
    assert relaxed == body


def test_the_same_input_gives_the_same_bytes(
    content: IssueContent, site: Site, weekly: TemplateSet, reader: ReaderValues
) -> None:
    again = compile_issue(content, site, TemplateSet("weekly", dict(weekly.files)))
    first = compile_issue(content, site, weekly)
    assert first.to_bytes() == again.to_bytes()
    assert first.sha256 == again.sha256
    assert first.fill(reader) == again.fill(reader)


def test_a_stored_message_gives_the_same_bytes(
    message: CompiledMessage, reader: ReaderValues
) -> None:
    stored = CompiledMessage.from_bytes(message.to_bytes())
    assert stored == message
    assert stored.fill(reader) == message.fill(reader)


def test_a_message_of_another_format_is_refused() -> None:
    with pytest.raises(MessageError):
        CompiledMessage.from_bytes(b'{"format": 0}')


def test_an_issue_without_a_one_click_address_is_refused(
    message: CompiledMessage, reader: ReaderValues
) -> None:
    with pytest.raises(MessageError, match="List-Unsubscribe"):
        message.fill(reader.with_slots(one_click_url=""))


def test_an_empty_unsubscribe_link_is_refused(
    message: CompiledMessage, reader: ReaderValues
) -> None:
    with pytest.raises(MessageError, match="unsubscribe"):
        message.fill(reader.with_slots(unsubscribe_url=""))


def test_a_message_that_prints_a_value_the_reader_lacks_is_refused(
    message: CompiledMessage, reader: ReaderValues
) -> None:
    slots = {name: value for name, value in reader.slots.items() if name != "preferences_url"}
    with pytest.raises(MessageError, match="preferences_url"):
        message.fill(reader._replace(slots=slots))


@pytest.mark.parametrize("name", [slot.name for slot in READER_SLOTS])
def test_a_line_break_in_a_value_of_a_reader_is_refused(
    message: CompiledMessage, reader: ReaderValues, name: str
) -> None:
    with pytest.raises(MessageError):
        message.fill(reader.with_slots(**{name: "a@b.org\r\nBcc: c@d.org"}))


def test_a_line_break_in_a_message_id_is_refused(
    message: CompiledMessage, reader: ReaderValues
) -> None:
    with pytest.raises(MessageError):
        message.fill(reader._replace(message_id="a@b.org\r\nBcc: c@d.org"))


def test_the_address_is_escaped_in_html(message: CompiledMessage, reader: ReaderValues) -> None:
    odd = reader.with_slots(address='"<b>&"@example.org')
    assert "&lt;b&gt;&amp;" in message.html(odd)
    assert '"<b>&"@example.org' in message.text(odd)


def test_the_size_counts_utf8_bytes(message: CompiledMessage, reader: ReaderValues) -> None:
    assert message.html_size(reader) == len(message.html(reader).encode())
    longer = reader.with_slots(address="x" * 10 + reader.address)
    assert message.html_size(longer) == message.html_size(reader) + 10
